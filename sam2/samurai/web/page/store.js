// The state of the page: one object, changed by `set`, watched by `watch`.

/**
 * @typedef {object} Run a run of the tracker that this page started, or sees
 * @property {string} direction
 * @property {number} done frames that arrived
 * @property {number} total frames expected, 0 if unknown
 * @property {number} frame the newest
 * @property {number} since milliseconds
 * @property {number|null} left seconds until it ends, as the server expects
 * @property {boolean} stopping
 * @property {boolean} own this page reads its stream
 */

/**
 * @typedef {object} State
 * @property {"loading"|"start"|"upload"|"work"} phase
 * @property {"edit"|"view"|"pick"} mode
 * @property {any} health the server's Health, or null
 * @property {any} video the server's Video, or null
 * @property {string|null} session its id
 * @property {number} length frames of the session
 * @property {any[]} objects ObjectViews of the session
 * @property {Set<number>} hidden objects whose masks aren't shown
 * @property {number|null} selected null: the next prompt makes a new object
 * @property {number} wanted the frame that was asked for
 * @property {number} shown the frame on the stage, -1 before the first
 * @property {string} tool
 * @property {number} opacity 0 to 1
 * @property {boolean} contour
 * @property {boolean} playing
 * @property {boolean} follow show frames as they are tracked
 * @property {Run|null} run
 * @property {import("./candidates.js").Looking|null} looking for objects, on its way
 * @property {import("./candidates.js").Found|null} found candidates for objects in the frame on the stage
 * @property {Set<number>} chosen candidates, by id
 * @property {number|null} pointed candidate under the mouse
 * @property {number} busy prompts on their way
 * @property {boolean} saved prompts were saved, and the server of samurai pick has ended
 * @property {"ok"|"lost"|"gone"} connection gone: the session isn't there any more
 */

/** @type {State} */
export const state = {
  phase: "loading",
  mode: "edit",
  health: null,
  video: null,
  session: null,
  length: 0,
  objects: [],
  hidden: new Set(),
  selected: null,
  wanted: 0,
  shown: -1,
  tool: "box",
  opacity: 0.5,
  contour: false,
  playing: false,
  follow: true,
  run: null,
  looking: null,
  found: null,
  chosen: new Set(),
  pointed: null,
  busy: 0,
  saved: false,
  connection: "ok",
};

/** @type {{keys: string[], call: () => void}[]} */
const watchers = [];
/** @type {Set<string>} */
let changed = new Set();

/**
 * Change the state; watchers of what changed are called once afterwards.
 * @param {Partial<State>} values
 */
export function set(values) {
  for (const [key, value] of Object.entries(values)) {
    if (/** @type {any} */ (state)[key] === value) continue;
    /** @type {any} */ (state)[key] = value;
    if (!changed.size) queueMicrotask(tell);
    changed.add(key);
  }
}

/**
 * Call something after any of these keys changed, and once now.
 * @param {(keyof State)[]} keys
 * @param {() => void} call
 */
export function watch(keys, call) {
  watchers.push({ keys, call });
  call();
}

function tell() {
  const now = changed;
  changed = new Set();
  for (const { keys, call } of watchers) if (keys.some((key) => now.has(key))) call();
}

/** @param {number|null} id @returns {any} the ObjectView with this number, or undefined */
export const objectOf = (id) => state.objects.find((each) => each.object_id === id);
