// Masks as pictures: a tinted bitmap, and an outline that stays thin at any zoom.

import { Lru } from "./lru.js";
import { bitmapOf, outlineOf } from "./rle.js";

const KEPT = 64;

/** @typedef {{color: string, canvas: HTMLCanvasElement|null, x: number, y: number, outline: Path2D}} Painted */

/** @type {Lru<Painted>} by the mask's run-length code */
const painted = new Lru(KEPT);

/**
 * @param {CanvasRenderingContext2D} context whose units are pixels of the frame
 * @param {any} rle @param {string} color #rrggbb
 * @param {{opacity: number, contour: boolean, line: number, dashed?: boolean}} how `line` in pixels of the frame
 */
export function paintMask(context, rle, color, { opacity, contour, line, dashed }) {
  const mask = prepared(rle, color);
  if (!mask.canvas) return;
  if (!contour && opacity > 0) {
    context.globalAlpha = opacity;
    context.imageSmoothingEnabled = false;
    context.drawImage(mask.canvas, mask.x, mask.y);
    context.globalAlpha = 1;
  }
  context.lineCap = "square";
  context.strokeStyle = "rgba(0, 0, 0, 0.4)";
  context.lineWidth = line * 1.9;
  context.stroke(mask.outline);
  context.strokeStyle = color;
  context.lineWidth = line;
  if (dashed) context.setLineDash([line * 3, line * 2.5]);
  context.stroke(mask.outline);
  context.setLineDash([]);
}

/** Those of candidates, of which one frame may have hundreds. @type {WeakMap<any, Painted>} */
const held = new WeakMap();

/** @param {any} rle @param {string} color keep the picture of a mask as long as its run-length code */
export function holdMask(rle, color) {
  if (held.get(rle)?.color !== color) held.set(rle, paint(rle, color));
}

/** @param {any} rle @param {string} color @returns {Painted} */
function prepared(rle, color) {
  const known = [held.get(rle), painted.get(rle)].find((each) => each?.color === color);
  if (known) return known;
  const made = paint(rle, color);
  painted.put(rle, made);
  return made;
}

/** @param {any} rle @param {string} color @returns {Painted} */
function paint(rle, color) {
  const outline = new Path2D();
  const bitmap = bitmapOf(rle);
  if (!bitmap) return { color, canvas: null, x: 0, y: 0, outline };
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  const image = new ImageData(bitmap.width, bitmap.height);
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  bitmap.pixels.forEach((on, at) => {
    if (on) image.data.set([red, green, blue, 255], at * 4);
  });
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  for (const [x1, y1, x2, y2] of outlineOf(bitmap)) {
    outline.moveTo(x1, y1);
    outline.lineTo(x2, y2);
  }
  return { color, canvas, x: bitmap.x, y: bitmap.y, outline };
}
