// Arithmetic of masks: union, connected parts, a run-length code of one.

import { bitmapOf } from "./rle.js";

/** @typedef {import("./rle.js").Rle} Rle */
/** @typedef {import("./rle.js").Bitmap} Bitmap */

const SPECK = 0.01; // share of a mask up to which a part of it is a speck, and no part

/**
 * The run-length code of a mask, which rle.js describes.
 * @param {Bitmap} bitmap @param {number[]} size height and width of the frame
 * @returns {Rle}
 */
export function rleOf(bitmap, size) {
  const [height, width] = size;
  const runs = /** @type {number[]} */ ([]);
  let end = 0; // of the runs so far
  let from = -1; // first pixel of the mask's run that isn't ended, in the order of the runs
  let next = -1; // the pixel after its last one
  const close = () => {
    if (from < 0) return;
    runs.push(from - end, next - from);
    end = next;
  };
  for (let column = 0; column < bitmap.width; column++)
    for (let row = 0; row < bitmap.height; row++) {
      if (!bitmap.pixels[row * bitmap.width + column]) continue;
      const at = (column + bitmap.x) * height + row + bitmap.y;
      if (at !== next) {
        close();
        from = at;
      }
      next = at + 1;
    }
  close();
  if (end < height * width || !runs.length) runs.push(height * width - end);
  return { size, counts: runs.map((run, at) => lettersOf(at > 2 ? run - runs[at - 2] : run)).join("") };
}

/** @param {number} value @returns {string} the lowest five bits first */
function lettersOf(value) {
  let letters = "";
  for (;;) {
    const bits = value & 31;
    value >>= 5;
    const isLast = bits & 16 ? value === -1 : value === 0;
    letters += String.fromCharCode(48 + bits + (isLast ? 0 : 32));
    if (isLast) return letters;
  }
}

/** @param {Rle[]} rles of one frame @returns {Rle} what is in any of them */
export function unionOf(rles) {
  const found = /** @type {Bitmap[]} */ (rles.map(bitmapOf).filter(Boolean));
  const x = Math.min(...found.map((each) => each.x));
  const y = Math.min(...found.map((each) => each.y));
  const width = Math.max(...found.map((each) => each.x + each.width)) - x;
  const height = Math.max(...found.map((each) => each.y + each.height)) - y;
  const pixels = new Uint8Array(width * height);
  for (const each of found)
    for (let row = 0; row < each.height; row++)
      for (let column = 0; column < each.width; column++)
        if (each.pixels[row * each.width + column]) pixels[(row + each.y - y) * width + column + each.x - x] = 1;
  return rleOf({ x, y, width, height, pixels }, rles[0].size);
}

/**
 * The parts of a mask that don't touch, by sides or corners, the largest first.
 * @param {Rle} rle
 * @returns {Rle[]} without specks
 */
export function partsOf(rle) {
  const bitmap = bitmapOf(rle);
  if (!bitmap) return [];
  const left = Uint8Array.from(bitmap.pixels);
  const parts = [];
  for (let at = left.indexOf(1); at >= 0; at = left.indexOf(1, at)) parts.push(take(left, at, bitmap));
  const least = parts.reduce((sum, each) => sum + each.length, 0) * SPECK;
  return parts
    .filter((each) => each.length > least)
    .sort((a, b) => b.length - a.length)
    .map((each) => rleOf({ ...bitmap, pixels: maskOf(each, bitmap.pixels.length) }, rle.size));
}

/** @param {Uint8Array} left pixels that aren't taken yet @param {number} first @param {Bitmap} bitmap @returns {number[]} all that are joined to the first */
function take(left, first, { width, height }) {
  const found = [first];
  left[first] = 0;
  for (const at of found) {
    const [row, column] = [Math.floor(at / width), at % width];
    for (let y = Math.max(0, row - 1); y <= Math.min(height - 1, row + 1); y++)
      for (let x = Math.max(0, column - 1); x <= Math.min(width - 1, column + 1); x++) {
        const next = y * width + x;
        if (!left[next]) continue;
        left[next] = 0;
        found.push(next);
      }
  }
  return found;
}

/** @param {number[]} places @param {number} length */
function maskOf(places, length) {
  const pixels = new Uint8Array(length);
  for (const at of places) pixels[at] = 1;
  return pixels;
}

/** @param {Bitmap|null} bitmap @param {number[]} at pixels of the frame @returns {boolean} whether the place is on the mask */
export function isOn(bitmap, [x, y]) {
  if (!bitmap) return false;
  const [column, row] = [Math.floor(x) - bitmap.x, Math.floor(y) - bitmap.y];
  return column >= 0 && row >= 0 && column < bitmap.width && row < bitmap.height && bitmap.pixels[row * bitmap.width + column] === 1;
}
