// Prompts and objects: what is drawn at once, sent in order, and can be taken back.

import { answersOf, forgetAnswers, putAnswer } from "./answers.js";
import { api } from "./api.js";
import { empty, entryOfView, isEmpty, overlap, requestsFor } from "./entries.js";
import { failed, say } from "./notices.js";
import { refresh } from "./session.js";
import { objectOf, set, state } from "./store.js";
import { dropStep, record } from "./undo.js";

/** @typedef {import("./entries.js").Entry} Entry */

const SAME = 0.15; // overlap from which a second box in a frame is another box of the same object

/** The prompts as this page knows them: by object, then by frame. @type {Map<number, Map<number, Entry>>} */
const known = new Map();
/** @type {Promise<unknown>} */
let queue = Promise.resolve();
let highest = 0;

/** @param {number} object @param {number} frame @returns {Entry} */
export const entryOf = (object, frame) => known.get(object)?.get(frame) ?? empty();

/** Forget all prompts, for another session. */
export function forgetPrompts() {
  known.clear();
  highest = 0;
}

/** @returns {Map<number, Map<number, Entry>>} a copy, to send again to another session */
export const allPrompts = () => new Map([...known].map(([object, frames]) => [object, new Map(frames)]));

/**
 * Take over the server's objects. Where this page knows an entry, it keeps it: it knows scribbles.
 * @param {any[]} objects ObjectViews @param {boolean} anew take over the server's entries
 */
export function adopt(objects, anew = false) {
  for (const object of objects) highest = Math.max(highest, object.object_id);
  if (state.busy && !anew) return;
  for (const object of [...known.keys()])
    if (!objects.some((each) => each.object_id === object)) known.delete(object);
  for (const { object_id: id, prompts } of objects) {
    const before = known.get(id) ?? new Map();
    known.set(id, new Map(prompts.map((/** @type {any} */ each) => [
      each.frame_index, (!anew && before.get(each.frame_index)) || entryOfView(each),
    ])));
  }
}

/** @template T @param {() => Promise<T>} work @returns {Promise<T>} done after all before it */
function inOrder(work) {
  set({ busy: state.busy + 1 });
  const done = queue.then(work).finally(() => set({ busy: state.busy - 1 }));
  queue = done.catch(() => {});
  return done;
}

/** Ask for the session once nothing is on its way; several prompts in a row need it once. */
async function refreshSoon() {
  if (!state.busy) await refresh().catch((error) => failed(error, "The session"));
}

/** Wait until no prompt is on its way, and the session is as the server has it. */
export async function settled() {
  await queue;
  await refresh();
}

/** @returns {number} the object that the next prompt is for */
const target = () => (state.selected !== null ? state.selected : highest + 1);

/** @param {number} frame @param {number[]} at @param {number} label 1: on the object, 0: beside it */
export function addClick(frame, [x, y], label) {
  const object = target();
  if (!label && !known.has(object)) return say("Mark the object itself first");
  return change(object, frame, label ? "click" : "click beside it", (entry) => ({
    ...entry, mask: null, clicks: [...entry.clicks, { x, y, label }],
  }));
}

/** @param {number} frame @param {number[][]} points */
export const addStroke = (frame, points) =>
  change(target(), frame, "scribble", (entry) => ({
    ...entry, mask: null, strokes: [...entry.strokes, { points, label: 1 }],
  }));

/** @param {number} frame @param {number[]} box x1, y1, x2, y2 */
export function setBox(frame, box) {
  const object = targetOfBox(frame, box);
  if (object !== target()) say("A new object");
  return change(object, frame, "box", () => ({ ...empty(), box }));
}

/** @param {number} frame @param {number[]} box @returns {number} the object that it is for */
export function targetOfBox(frame, box) {
  const object = target();
  return known.has(object) && isElsewhere(object, frame, box) ? highest + 1 : object;
}

/** @param {number} object @param {number} frame @param {number[]} box whether it is about something else than the object's prompts in this frame */
function isElsewhere(object, frame, box) {
  const entry = entryOf(object, frame);
  if (isEmpty(entry)) return false;
  const seen = answersOf(frame).find((each) => each.object_id === object)?.bbox;
  const boxes = [entry.box, seen && [seen.x, seen.y, seen.x + seen.width, seen.y + seen.height]].filter(Boolean);
  return boxes.length > 0 && boxes.every((each) => overlap(each, box) < SAME);
}

/** Take back all prompts of the selected object in a frame. @param {number} frame */
export function clearFrame(frame) {
  const object = state.selected;
  if (object === null || isEmpty(entryOf(object, frame))) return;
  if (known.get(object)?.size === 1) return removeObject(object);
  return change(object, frame, "clearing of a frame", empty);
}

/** @param {number} object @param {number} frame @param {string} title @param {(entry: Entry) => Entry} make */
async function change(object, frame, title, make) {
  const before = entryOf(object, frame);
  const after = make(before);
  const step = {
    title: `${title} in frame ${frame}`,
    undo: () => apply(object, frame, before),
    redo: () => apply(object, frame, after),
  };
  record(step);
  highest = Math.max(highest, object);
  if (state.selected !== object) set({ selected: object });
  try {
    await apply(object, frame, after);
  } catch (error) {
    dropStep(step);
    failed(error, "The prompt");
  }
}

/**
 * Make objects of masks that were found in a frame; one step takes them all back.
 * @param {number} frame @param {{mask: any, name: string|null}[]} found
 * @returns {Promise<number[]>} places of those that the server refused
 */
export async function addFound(frame, found) {
  let made = found.map(({ mask, name }) => ({ object: ++highest, entry: { ...empty(), mask }, name }));
  const step = {
    title: `${found.length === 1 ? "object" : `${found.length} objects`} found in frame ${frame}`,
    undo: () => Promise.all(made.map(({ object }) => discard(object))),
    redo: () => Promise.all(made.map(({ object, entry, name }) => apply(object, frame, entry, name))),
  };
  record(step);
  const ends = await Promise.allSettled(made.map(({ object, entry, name }) => apply(object, frame, entry, name)));
  const failures = ends.flatMap((end, at) => (end.status === "rejected" ? [at] : []));
  made = made.filter((_, at) => !failures.includes(at));
  if (!made.length) dropStep(step);
  for (const end of ends) if (end.status === "rejected") failed(end.reason, "Keeping what was found");
  return failures;
}

/**
 * Draw an entry at once, and send it.
 * @param {number} object @param {number} frame @param {Entry} after @param {string|null} [name] that a new object gets
 */
function apply(object, frame, after, name) {
  const before = entryOf(object, frame);
  const others = (known.get(object)?.size ?? 0) - (isEmpty(before) ? 0 : 1);
  place(object, frame, after);
  return inOrder(async () => {
    try {
      for (const each of requestsFor(object, before, after, others === 0)) await send(frame, each);
      // An object without its name is better than none.
      if (name) await api.changeObject(/** @type {string} */ (state.session), object, { name }).catch((error) => failed(error, `The name ${name}`));
    } catch (error) {
      await refresh(true).catch(() => {});
      throw error;
    }
  }).then(() => refreshSoon());
}

/** @param {number} object @param {number} frame @param {Entry} entry */
function place(object, frame, entry) {
  const frames = known.get(object) ?? new Map();
  if (isEmpty(entry)) frames.delete(frame);
  else frames.set(frame, entry);
  if (frames.size) known.set(object, frames);
  else known.delete(object);
  if (!known.has(object) && state.selected === object) set({ selected: null });
  else if (known.has(object)) set({ selected: object });
}

/** @param {number} frame @param {import("./entries.js").Request} each */
async function send(frame, { kind, body }) {
  const id = /** @type {string} */ (state.session);
  if (kind === "remove") {
    await api.removeObject(id, body.object_id);
    forgetAnswers();
  } else {
    const answer = kind === "clear" ? await api.clearFrame(id, frame, body.object_id) : await api.prompt(id, frame, kind, body);
    forgetAnswers();
    putAnswer(answer);
  }
}

/** Delete an object; undo brings its prompts back. @param {number} object */
export async function removeObject(object) {
  const view = objectOf(object);
  const frames = new Map(known.get(object));
  const step = {
    title: `deletion of ${view?.name ?? "an object"}`,
    undo: () => restore(object, frames, view),
    redo: () => discard(object),
  };
  record(step);
  try {
    await keepMasks(object, frames);
    await discard(object);
    say(`${view?.name ?? "Object"} deleted`);
  } catch (error) {
    dropStep(step);
    failed(error, "Deleting the object");
  }
}

/** Masks that only the server has, to send them again. @param {number} object @param {Map<number, Entry>} frames */
async function keepMasks(object, frames) {
  for (const [frame, entry] of frames) {
    if (entry.mask !== true || !state.session) continue;
    const answer = await api.frame(state.session, frame);
    const mask = answer.objects.find((/** @type {any} */ each) => each.object_id === object)?.mask;
    if (mask) frames.set(frame, { ...entry, mask });
  }
}

/** @param {number} object */
function discard(object) {
  known.delete(object);
  if (state.selected === object) set({ selected: state.objects.find((each) => known.has(each.object_id))?.object_id ?? null });
  return inOrder(async () => {
    await api.removeObject(/** @type {string} */ (state.session), object);
    forgetAnswers();
  }).then(() => refreshSoon());
}

/**
 * Send an object's prompts, name and color.
 * @param {number} object @param {Map<number, Entry>} frames @param {any} view
 */
export async function restore(object, frames, view) {
  for (const [frame, entry] of frames) await apply(object, frame, entry);
  if (view) await change_(object, { name: view.name, color: view.color });
}

/** @param {number} object @param {{name?: string, color?: string}} values */
const change_ = (object, values) =>
  inOrder(async () => {
    await api.changeObject(/** @type {string} */ (state.session), object, values);
  }).then(() => refreshSoon());

/** Give an object another name or color. @param {number} object @param {{name?: string, color?: string}} values */
export async function changeObject(object, values) {
  const view = objectOf(object);
  if (!view || Object.entries(values).every(([key, value]) => view[key] === value)) return;
  const before = Object.fromEntries(Object.keys(values).map((key) => [key, view[key]]));
  const step = {
    title: `change of ${view.name}`,
    undo: () => change_(object, before),
    redo: () => change_(object, values),
  };
  record(step);
  try {
    await change_(object, values);
  } catch (error) {
    dropStep(step);
    failed(error, "The change");
    await refresh(true).catch(() => {});
  }
}
