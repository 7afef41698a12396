// Discovery: candidates for objects that the server finds in the frame on the stage, by looking or by
// words. They are this page's alone until they are kept, and go with their frame.

import { api, isAborted } from "./api.js";
import { show } from "./frames.js";
import { failed, notify, say } from "./notices.js";
import { addFound } from "./prompts.js";
import { isOn, partsOf, unionOf } from "./regions.js";
import { bitmapOf } from "./rle.js";
import { set, state, watch } from "./store.js";

/**
 * @typedef {object} Candidate
 * @property {number} id of this page
 * @property {number} number in its look, from 1
 * @property {any} mask a run-length code
 * @property {import("./rle.js").Bitmap|null} bitmap
 * @property {number|null} score
 * @property {string} reason why it is a candidate
 * @property {string|null} label the word that it was found by
 * @property {string} color
 */
/** @typedef {{frame: number, items: Candidate[], asked: string}} Found  `asked`: the words, none for looking */
/** @typedef {{frame: number, stop: AbortController, asked: string}} Looking */

const LONGEST = 64; // letters of an object's name
const TURN = 137.5; // degrees from a color to the next: neighbors in the list differ clearly
let last = 0;
let number = 0;
let looks = 0;

export function startCandidates() {
  watch(["shown", "session"], () => {
    if (state.looking && state.looking.frame !== state.shown) stopLooking();
    if (state.found && state.found.frame !== state.shown) set({ found: null, chosen: new Set() });
  });
}

/** Look for everything in the frame on the stage. @param {boolean} parts rather than wholes */
export const look = (parts) =>
  ask("", (session, frame, signal) =>
    api.discover(session, { frame_index: frame, keep: parts ? "parts" : "wholes" }, signal), () => look(parts));

/** Look for words in the frame on the stage. @param {string} text "dog, red car:0.4" */
export const search = (text) =>
  ask(text, (session, frame, signal) => api.text(session, { frame_index: frame, text }, signal), () => search(text));

/** @param {string} asked @param {(session: string, frame: number, signal: AbortSignal) => Promise<any>} send @param {() => void} again */
async function ask(asked, send, again) {
  const { session, shown: frame } = state;
  if (!session || frame < 0 || state.mode === "view") return;
  stopLooking();
  const mine = { frame, asked, stop: new AbortController() };
  // The frame that is looked at stays on the stage, also if another one is on its way.
  set({ looking: mine, found: null, chosen: new Set(), playing: false, follow: false });
  if (state.wanted !== frame) show(frame);
  say(`Looking at frame ${frame}`);
  try {
    const answer = await send(session, frame, mine.stop.signal);
    if (state.looking !== mine) return;
    number = 0;
    looks++;
    const items = answer.candidates.map(candidateOf).filter((/** @type {Candidate} */ each) => each.bitmap);
    set({ found: { frame, items, asked } });
    say(items.length ? `${countOf(items.length)} in frame ${frame}` : `Nothing found in frame ${frame}`);
  } catch (error) {
    if (state.looking === mine && !isAborted(error)) failed(error, asked ? "The search" : "Looking for objects", again);
  } finally {
    if (state.looking === mine) set({ looking: null });
  }
}

/** Give a look up. @returns {boolean} whether there was one */
export function stopLooking() {
  const { looking } = state;
  if (!looking) return false;
  set({ looking: null });
  looking.stop.abort();
  return true;
}

/** Give up looking, or discard all candidates. @returns {boolean} whether there was anything */
export function dropFound() {
  if (stopLooking()) {
    say("Looking is given up");
    return true;
  }
  if (!state.found) return false;
  if (state.found.items.length) say("All candidates are discarded");
  set({ found: null, chosen: new Set() });
  return true;
}

export const countOf = (/** @type {number} */ count) => `${count} ${count === 1 ? "candidate" : "candidates"}`;

/** @param {{mask: any, score?: number|null, reason?: string, label?: string|null}} answer @returns {Candidate} */
function candidateOf({ mask, score = null, reason = "", label = null }) {
  return { id: ++last, number: ++number, mask, bitmap: bitmapOf(mask), score, reason, label, color: colorAt(number) };
}

/** @param {number} place @returns {string} #rrggbb */
function colorAt(place) {
  const hue = (place * TURN) % 360;
  const tone = (/** @type {number} */ shift) => {
    const at = (shift + hue / 30) % 12;
    return Math.round(255 * (0.62 - 0.34 * Math.max(-1, Math.min(at - 3, 9 - at, 1))));
  };
  return `#${[0, 8, 4].map((shift) => tone(shift).toString(16).padStart(2, "0")).join("")}`;
}

/** @param {Candidate} candidate @returns {string} */
export const nameOf = ({ label, number: place }) => label ?? `Candidate ${place}`;

const items = () => state.found?.items ?? [];

/** @returns {Candidate[]} in the list's order */
export const chosenOf = () => items().filter((each) => state.chosen.has(each.id));

/** @param {number[]} at of the frame on the stage @returns {Candidate|undefined} */
export const candidateAt = (at) =>
  state.found?.frame === state.shown ? items().find((each) => isOn(each.bitmap, at)) : undefined;

/** @param {number} id choose a candidate, or not any more */
export function choose(id) {
  const chosen = new Set(state.chosen);
  const given = items().find((each) => each.id === id);
  if (!given) return;
  if (!chosen.delete(id)) chosen.add(id);
  set({ chosen });
  say(`${nameOf(given)} ${chosen.has(id) ? "chosen" : "not chosen"}, ${chosen.size} of ${items().length}`);
}

/** @param {Candidate[]} gone @param {Candidate[]} [come] take the place of the first that goes */
function replace(gone, come = []) {
  const { found } = state;
  if (!found) return;
  const first = found.items.findIndex((each) => gone.includes(each));
  const left = found.items.filter((each) => !gone.includes(each));
  left.splice(first < 0 ? left.length : first, 0, ...come);
  set({ found: left.length ? { ...found, items: left } : null, chosen: new Set(come.map((each) => each.id)) });
}

/** Make objects of candidates. @param {Candidate[]} kept */
export async function keep(kept) {
  const { found } = state;
  if (!found || !kept.length) return;
  const here = looks;
  replace(kept);
  const failures = await addFound(found.frame, kept.map(({ mask, label }) => ({ mask, name: label?.slice(0, LONGEST) ?? null })));
  const made = kept.length - failures.length;
  if (made) say(`${made} ${made === 1 ? "object" : "objects"} kept`);
  // What was refused can be tried again, as long as its frame is there.
  const back = failures.map((at) => kept[at]);
  if (!back.length || state.shown !== found.frame || state.looking || looks !== here) return;
  set({ found: { ...found, items: [...back, ...items()] } });
}

/** @param {Candidate[]} gone */
export function discard(gone) {
  if (!gone.length) return false;
  replace(gone);
  say(gone.length === 1 ? `${nameOf(gone[0])} discarded` : `${countOf(gone.length)} discarded`);
  return true;
}

/** Make one of all that are chosen. */
export function merge() {
  const given = chosenOf();
  if (given.length < 2) return notify("Choose two candidates or more to merge.");
  const labels = given.map((each) => each.label).filter(Boolean);
  const scores = given.map((each) => each.score).filter((each) => each !== null);
  const one = candidateOf({
    mask: unionOf(given.map((each) => each.mask)), reason: `${given.length} merged`, label: labels[0] ?? null,
    score: scores.length ? Math.max(...scores) : null,
  });
  replace(given, [{ ...one, color: given[0].color }]);
  say(`${countOf(given.length)} merged`);
}

/** @type {WeakMap<any, any[]>} by run-length code */
const parts = new WeakMap();

/** @param {Candidate} candidate @returns {any[]} run-length codes of its connected parts */
export function partsOfCandidate({ mask }) {
  const known = parts.get(mask) ?? partsOf(mask);
  parts.set(mask, known);
  return known;
}

/** Make one of each connected part of the one that is chosen. */
export function split() {
  const given = chosenOf();
  if (given.length !== 1) return notify("Choose one candidate to split.");
  const [one] = given;
  const found = partsOfCandidate(one);
  if (found.length < 2) return notify(`${nameOf(one)} is in one piece.`);
  replace(given, found.map((mask, at) => candidateOf({ ...one, mask, reason: `part ${at + 1} of ${found.length}` })));
  say(`Split into ${found.length}`);
}
