// Where the frame is on the stage: screen = frame * scale + offset, in CSS pixels.

const MOST = 32;

/** @typedef {{scale: number, x: number, y: number}} View */

/**
 * The whole frame, as large as fits, in the middle.
 * @param {number[]} stage width, height @param {number[]} frame width, height
 * @returns {View}
 */
export function fitted(stage, frame) {
  const scale = Math.min(stage[0] / frame[0], stage[1] / frame[1]);
  return { scale, x: (stage[0] - frame[0] * scale) / 2, y: (stage[1] - frame[1] * scale) / 2 };
}

/**
 * Larger or smaller, with one place of the screen fixed.
 * @param {View} view @param {number[]} at @param {number} factor
 * @param {number[]} stage @param {number[]} frame @returns {View}
 */
export function zoomed(view, at, factor, stage, frame) {
  const least = fitted(stage, frame).scale;
  const scale = Math.min(Math.max(view.scale * factor, least), Math.max(least, MOST));
  const by = scale / view.scale;
  return held({ scale, x: at[0] - (at[0] - view.x) * by, y: at[1] - (at[1] - view.y) * by }, stage, frame);
}

/** @param {View} view @param {number} dx @param {number} dy @param {number[]} stage @param {number[]} frame @returns {View} */
export const moved = (view, dx, dy, stage, frame) =>
  held({ ...view, x: view.x + dx, y: view.y + dy }, stage, frame);

/** The frame covers the stage, or is in its middle. @param {View} view @param {number[]} stage @param {number[]} frame @returns {View} */
function held({ scale, x, y }, stage, frame) {
  const hold = (/** @type {number} */ at, /** @type {number} */ room, /** @type {number} */ size) =>
    size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, at));
  return { scale, x: hold(x, stage[0], frame[0] * scale), y: hold(y, stage[1], frame[1] * scale) };
}

/** @param {View} view @param {number[]} at on the screen @returns {number[]} in pixels of the frame */
export const toFrame = (view, at) => [(at[0] - view.x) / view.scale, (at[1] - view.y) / view.scale];
