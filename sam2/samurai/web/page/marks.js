// Prompts on the stage: boxes, clicks, scribbles, what is being drawn, the keyboard's cursor.
// `pixel` is the size of a pixel of the screen in pixels of the frame.

import { boxOf } from "./tools.js";

const SHADOW = "rgba(0, 0, 0, 0.6)";
const ON = "#ffffff";

/** @param {CanvasRenderingContext2D} context @param {import("./entries.js").Entry} entry @param {string} color @param {number} pixel @param {boolean} strong */
export function paintPrompts(context, entry, color, pixel, strong) {
  context.globalAlpha = strong ? 1 : 0.6;
  if (entry.box) paintBox(context, entry.box, color, pixel);
  for (const { points } of entry.strokes) paintLine(context, points, color, pixel);
  for (const { x, y, label } of entry.clicks) paintClick(context, [x, y], label, color, pixel);
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {import("./tools.js").Draft} draft @param {string} color @param {number} pixel */
export function paintDraft(context, draft, color, pixel) {
  if (draft.kind === "box") paintBox(context, boxOf(draft.points), color, pixel);
  else if (draft.kind === "stroke") paintLine(context, draft.points, color, pixel);
  else paintClick(context, draft.points[0], draft.label, color, pixel);
}

/** @param {CanvasRenderingContext2D} context @param {number[]} box @param {string} color @param {number} pixel */
function paintBox(context, [left, top, right, bottom], color, pixel) {
  for (const [style, width] of /** @type {[string, number][]} */ ([[SHADOW, 3.5], [color, 1.5]])) {
    context.strokeStyle = style;
    context.lineWidth = width * pixel;
    context.setLineDash([6 * pixel, 4 * pixel]);
    context.strokeRect(left, top, right - left, bottom - top);
    context.setLineDash([]);
  }
}

/** @param {CanvasRenderingContext2D} context @param {number[][]} points @param {string} color @param {number} pixel */
function paintLine(context, points, color, pixel) {
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  points.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
  for (const [style, width] of /** @type {[string, number][]} */ ([[SHADOW, 6], [ON, 4.4], [color, 3]])) {
    context.strokeStyle = style;
    context.lineWidth = width * pixel;
    context.stroke();
  }
}

/** @param {CanvasRenderingContext2D} context @param {number[]} at @param {number} label @param {string} color @param {number} pixel */
function paintClick(context, [x, y], label, color, pixel) {
  const disc = (/** @type {number} */ radius, /** @type {string} */ style) => {
    context.fillStyle = style;
    context.beginPath();
    context.arc(x, y, radius * pixel, 0, 2 * Math.PI);
    context.fill();
  };
  disc(9, SHADOW);
  disc(8, ON);
  disc(6.5, label ? color : "#16181d");
  const arms = () => {
    context.beginPath();
    context.moveTo(x - 3.5 * pixel, y);
    context.lineTo(x + 3.5 * pixel, y);
    if (label) {
      context.moveTo(x, y - 3.5 * pixel);
      context.lineTo(x, y + 3.5 * pixel);
    }
    context.stroke();
  };
  context.lineCap = "butt";
  context.strokeStyle = label ? "#16181d" : ON;
  context.lineWidth = 1.8 * pixel;
  arms();
}

/** @param {CanvasRenderingContext2D} context @param {number[]} at @param {number} pixel */
export function paintCross(context, [x, y], pixel) {
  for (const [style, width] of /** @type {[string, number][]} */ ([[SHADOW, 4], [ON, 1.5]])) {
    context.strokeStyle = style;
    context.lineWidth = width * pixel;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x + 4 * dx * pixel, y + 4 * dy * pixel);
      context.lineTo(x + 16 * dx * pixel, y + 16 * dy * pixel);
    }
    context.stroke();
  }
}
