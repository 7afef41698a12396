// Frames as images. What is on the stage is `state.shown`, and only that frame is prompted: a frame
// that was asked for is shown when its image is here, unless another one was asked for since.

import { api, isAborted, request } from "./api.js";
import { Lru } from "./lru.js";
import { failed } from "./notices.js";
import { set, state } from "./store.js";

const KEPT = 16;
const AHEAD = 3;
const WIDTHS = [640, 960, 1280, 1920, 2560];

/** @type {ImageBitmap|null} of `state.shown` */
let current = null;
/** @type {Lru<ImageBitmap>} by frame and width */
const images = new Lru(KEPT, (image) => image !== current && image.close());
/** @type {Map<string, {stop: AbortController, ready: Promise<ImageBitmap>}>} on their way */
const coming = new Map();
/** @type {number|null} pixels that images need to have; null: as the video */
let width = null;
let generation = 0;

/** @returns {ImageBitmap|null} the image of `state.shown` */
export const shownImage = () => current;

/** Forget all images, for another video. */
export function forgetFrames() {
  generation++;
  for (const { stop } of coming.values()) stop.abort();
  coming.clear();
  current = null;
  images.clear();
  set({ shown: -1, wanted: 0 });
}

/**
 * Say how large frames are drawn, in pixels of the screen; a sharper image replaces a coarse one.
 * @param {number} pixels
 */
export function drawnAt(pixels) {
  const enough = WIDTHS.find((each) => each >= pixels) ?? null;
  const next = enough !== null && enough < (state.video?.width ?? 0) ? enough : null;
  if (next === width || (width !== null && next !== null && next < width) || width === null && current)
    return;
  width = next;
  if (state.shown >= 0) show(state.shown);
}

/**
 * Show a frame. Frames that were asked for before, and aren't here yet, are given up.
 * @param {number} frame
 * @returns {Promise<boolean>} whether it is shown, and not another one asked for meanwhile
 */
export async function show(frame) {
  const n = Math.max(0, Math.min(state.length - 1, Math.round(frame)));
  if (!Number.isFinite(n) || !state.video) return false;
  const forward = n >= state.wanted;
  const here = generation;
  set({ wanted: n });
  giveUp((each) => Math.abs(each - n) > AHEAD);
  try {
    const image = await imageOf(n);
    if (here !== generation || state.wanted !== n) return false;
    const before = current;
    current = image;
    if (before && before !== image && ![...images.entries.values()].includes(before)) before.close();
    set({ shown: n });
    prefetch(n, forward ? 1 : -1);
    return true;
  } catch (error) {
    if (!isAborted(error) && here === generation && state.wanted === n) failed(error, `Frame ${n}`);
    return false;
  }
}

const keyOf = (/** @type {number} */ n) => `${n} ${width}`;

/** @param {number} n @returns {Promise<ImageBitmap>} */
function imageOf(n) {
  const key = keyOf(n);
  const known = images.get(key);
  if (known) return Promise.resolve(known);
  const already = coming.get(key);
  if (already) return already.ready;
  const stop = new AbortController();
  const ready = load(n, key, stop.signal).finally(() => {
    if (coming.get(key)?.stop === stop) coming.delete(key);
  });
  coming.set(key, { stop, ready });
  return ready;
}

/** @param {number} n @param {string} key @param {AbortSignal} signal */
async function load(n, key, signal) {
  const response = await request("GET", api.framePath(state.video.id, n, width), { signal });
  const image = await createImageBitmap(await response.blob());
  if (signal.aborted) throw new DOMException("given up", "AbortError");
  images.put(key, image);
  return image;
}

/** @param {(frame: number) => boolean} isFar */
function giveUp(isFar) {
  for (const [key, { stop }] of coming)
    if (isFar(parseInt(key))) {
      stop.abort();
      coming.delete(key);
    }
}

/** @param {number} n @param {number} direction */
async function prefetch(n, direction) {
  const order = [direction, -direction, 2 * direction, 3 * direction].slice(0, AHEAD + 1);
  for (const step of order) {
    const next = n + step;
    if (state.shown !== n || state.wanted !== n) return;
    if (next >= 0 && next < state.length) await imageOf(next).catch(() => {});
  }
}
