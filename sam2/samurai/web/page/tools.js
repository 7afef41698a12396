// The tools: what a press, a movement and a release on the stage mean. Places are pixels of the frame.

import { entryOf, addClick, addStroke, setBox } from "./prompts.js";
import { askPreview, dropPreview } from "./preview.js";
import { state } from "./store.js";

const LEAST = 2; // pixels of the frame that a box has at least
const STEP = 3; // pixels of the frame between two points of a scribble
const SAMPLES = 8; // points of a scribble that its preview uses
const HELD = 150; // milliseconds for which a preview stays until the prompt's mask is there

/** @typedef {{kind: "box"|"click"|"stroke", points: number[][], label: number}} Draft */

/**
 * @typedef {object} Tool
 * @property {string} name
 * @property {string} hint what to do with it
 * @property {(at: number[]) => Draft} press
 * @property {(draft: Draft, at: number[]) => Draft} drag
 * @property {(draft: Draft, frame: number) => unknown} release
 * @property {(draft: Draft, frame: number) => any} preview a PreviewBody, or null
 */

const round = (/** @type {number} */ value) => Math.round(value * 10) / 10;
const rounded = (/** @type {number[]} */ [x, y]) => [round(x), round(y)];

/** @param {number} frame @param {number[][]} added @param {number} label clicks on the selected object so far, and these */
function clicks(frame, added, label) {
  const entry = entryOf(state.selected ?? -1, frame);
  const all = [...entry.clicks, ...added.map(([x, y]) => ({ x, y, label }))];
  if (!entry.box && !all.some((each) => each.label)) return null;
  return {
    object_id: state.selected, points: all.map(({ x, y }) => [x, y]), labels: all.map((each) => each.label), box: entry.box,
  };
}

/** @param {string} name @param {number} label @param {string} hint @returns {Tool} */
const clicking = (name, label, hint) => ({
  name,
  hint,
  press: (at) => ({ kind: "click", points: [rounded(at)], label }),
  drag: (draft, at) => ({ ...draft, points: [rounded(at)] }),
  release: (draft, frame) => addClick(frame, draft.points[0], label),
  preview: (draft, frame) => clicks(frame, draft.points, label),
});

/** @param {number[][]} points two corners @returns {number[]} x1, y1, x2, y2 */
export function boxOf([a, b]) {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])].map(round);
}

const isBox = (/** @type {number[]} */ [left, top, right, bottom]) => right - left >= LEAST && bottom - top >= LEAST;

/** @type {Record<string, Tool>} */
export const TOOLS = {
  box: {
    name: "Box",
    hint: "Drag a box around an object.",
    press: (at) => ({ kind: "box", points: [at, at], label: 1 }),
    drag: (draft, at) => ({ ...draft, points: [draft.points[0], at] }),
    release: (draft, frame) => (isBox(boxOf(draft.points)) ? setBox(frame, boxOf(draft.points)) : null),
    preview: (draft) => (isBox(boxOf(draft.points)) ? { box: boxOf(draft.points) } : null),
  },
  add: clicking("On it", 1, "Click on the object."),
  subtract: clicking("Not it", 0, "Click where the mask is too large."),
  scribble: {
    name: "Scribble",
    hint: "Draw a line along the object.",
    press: (at) => ({ kind: "stroke", points: [rounded(at)], label: 1 }),
    drag: (draft, at) => {
      const [x, y] = draft.points[draft.points.length - 1];
      return Math.hypot(at[0] - x, at[1] - y) < STEP ? draft : { ...draft, points: [...draft.points, rounded(at)] };
    },
    release: (draft, frame) => (draft.points.length > 1 ? addStroke(frame, draft.points) : addClick(frame, draft.points[0], 1)),
    preview: (draft, frame) => {
      const last = draft.points.length - 1;
      const count = Math.min(SAMPLES, last + 1);
      const places = Array.from({ length: count }, (_, at) => draft.points[Math.round((last * at) / Math.max(1, count - 1))]);
      return clicks(frame, places, 1);
    },
  },
};

/** @type {{draft: Draft, frame: number, tool: Tool}|null} */
let held = null;
/** @type {() => void} */
let changed = () => {};

/** @param {() => void} call */
export function onDraft(call) {
  changed = call;
}

/** @returns {{draft: Draft, frame: number}|null} what is being drawn */
export const drawn = () => held;

/** @param {number[]} at @param {string} [name] of another tool than the chosen one */
export function press(at, name = state.tool) {
  const tool = TOOLS[name];
  if (!tool || state.mode === "view" || state.shown < 0) return;
  held = { draft: tool.press(at), frame: state.shown, tool };
  look();
}

/** @param {number[]} at */
export function drag(at) {
  if (!held) return;
  held = { ...held, draft: held.tool.drag(held.draft, at) };
  look();
}

/** End the drawing; it counts for the frame in which it began, as long as that is on the stage. */
export function release() {
  if (!held) return;
  const { draft, frame, tool } = held;
  held = null;
  const sent = frame === state.shown ? tool.release(draft, frame) : null;
  if (sent instanceof Promise) sent.finally(dropPreview);
  else setTimeout(dropPreview, HELD);
  changed();
}

/** Give the drawing up. */
export function cancelDrawing() {
  if (!held) return false;
  held = null;
  dropPreview();
  changed();
  return true;
}

function look() {
  changed();
  if (!held) return;
  const body = held.tool.preview(held.draft, held.frame);
  if (body) askPreview(held.frame, body);
}
