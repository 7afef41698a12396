// Frames in ranges [first, last], and which of them a run has to answer.

/** @param {number[][]} ranges @param {number} n */
export const within = (ranges, n) => ranges.some(([first, last]) => first <= n && n <= last);

/** @param {number[][]} ranges @returns {number} frames in them */
export const count = (ranges) => ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);

/** @param {any} object an ObjectView @returns {number[]} frames with prompts, ascending */
export const promptedFrames = (object) =>
  object.prompts.map((/** @type {any} */ each) => each.frame_index).sort((/** @type {number} */ a, /** @type {number} */ b) => a - b);

/**
 * Where a run begins so that everything stale in its direction is answered.
 * @param {any[]} objects ObjectViews
 * @param {"forward"|"backward"|"both"} direction
 * @returns {number|null} null where nothing is to do
 */
export function startOf(objects, direction) {
  const ahead = [];
  const behind = [];
  for (const object of objects) {
    const prompts = promptedFrames(object);
    if (!prompts.length) continue;
    for (const [first, last] of object.stale) {
      // Frames after the first prompt are tracked forward, those before the last one backward.
      if (last >= prompts[0]) ahead.push(Math.max(first, prompts[0]));
      const end = prompts[prompts.length - 1];
      if (first <= end) behind.push(Math.min(last, end));
    }
  }
  const first = ahead.length ? Math.min(...ahead) : null;
  const last = behind.length ? Math.max(...behind) : null;
  if (direction === "forward") return first;
  if (direction === "backward") return last;
  return first ?? last;
}

/**
 * Frames that a run sends.
 * @param {number} start @param {string} direction @param {number} length of the video
 */
export function expected(start, direction, length) {
  if (direction === "both") return length;
  return direction === "forward" ? length - start : start + 1;
}

/**
 * The next frame that is worth a look: an object isn't seen there, is to be tracked, or its
 * confidence is low, where such a stretch begins; after the last one, the first again.
 * @param {{isDoubtful: (n: number) => boolean, length: number, from: number}} where
 * @returns {number|null}
 */
export function nextDoubtful({ isDoubtful, length, from }) {
  for (let step = 1; step <= length; step++) {
    const n = (from + step) % length;
    if (isDoubtful(n) && (n === 0 || !isDoubtful(n - 1))) return n;
  }
  return null;
}
