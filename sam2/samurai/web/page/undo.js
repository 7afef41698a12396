// What was done to prompts and objects, to take back and do again.

import { failed, say } from "./notices.js";

/** @typedef {{title: string, undo: () => Promise<unknown>, redo: () => Promise<unknown>}} Step */

const MOST = 200;
/** @type {Step[]} */
let past = [];
/** @type {Step[]} */
let future = [];
/** @type {() => void} */
let changed = () => {};

/** @param {() => void} call after steps were added, taken back or done again */
export function onSteps(call) {
  changed = call;
}

/** @param {Step} step that was just done */
export function record(step) {
  past.push(step);
  if (past.length > MOST) past.shift();
  future = [];
  changed();
}

/** Forget everything, for another session. */
export function forgetSteps() {
  past = [];
  future = [];
  changed();
}

/** @param {Step} step that failed: as if it had not been done */
export function dropStep(step) {
  past = past.filter((each) => each !== step);
  future = future.filter((each) => each !== step);
  changed();
}

/** @returns {string|null} what `undo` takes back */
export const undoTitle = () => past.at(-1)?.title ?? null;
/** @returns {string|null} what `redo` does again */
export const redoTitle = () => future.at(-1)?.title ?? null;

export async function undo() {
  const step = past.pop();
  if (!step) return say("Nothing to undo");
  future.push(step);
  changed();
  await act(step, step.undo, "Undo", "Undone");
}

export async function redo() {
  const step = future.pop();
  if (!step) return say("Nothing to redo");
  past.push(step);
  changed();
  await act(step, step.redo, "Redo", "Done again");
}

/** @param {Step} step @param {() => Promise<unknown>} run @param {string} name @param {string} said */
async function act(step, run, name, said) {
  try {
    await run();
    say(`${said}: ${step.title}`);
  } catch (error) {
    dropStep(step);
    failed(error, `${name} of ${step.title}`);
  }
}
