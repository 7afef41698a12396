// Masks of frames: what the server answered, until a prompt may have changed it.

import { api, isAborted, Problem } from "./api.js";
import { Lru } from "./lru.js";
import { set, state } from "./store.js";

const KEPT = 400;

/** @type {Lru<any>} FrameAnswers by frame */
const answers = new Lru(KEPT);
let epoch = 0;
/** @type {AbortController|null} */
let loading = null;
/** @type {() => void} */
let changed = () => {};

/** @param {() => void} call after answers came */
export function onAnswers(call) {
  changed = call;
}

/** @param {number} frame @returns {any[]} ObjectAnswers; none where nothing is known */
export const answersOf = (frame) => answers.get(frame)?.objects ?? [];

/** @param {any} answer a FrameAnswer */
export function putAnswer(answer) {
  answers.put(answer.frame_index, answer);
  changed();
}

/** Forget all answers: a prompt changed them. */
export function forgetAnswers() {
  epoch++;
  loading?.abort();
  loading = null;
  answers.clear();
}

/** @param {number} frame ask the server for a frame's answers, unless they are here */
export async function loadAnswers(frame) {
  if (answers.get(frame) || !state.session || frame < 0) return;
  if (!state.objects.length) return;
  loading?.abort();
  const stop = (loading = new AbortController());
  const asked = epoch;
  try {
    const answer = await api.frame(state.session, frame, stop.signal);
    if (asked === epoch) putAnswer(answer);
  } catch (error) {
    // Without masks the frame can still be prompted; a lost server has its banner.
    if (error instanceof Problem && error.status === 404) set({ connection: "gone" });
    if (!isAborted(error)) changed();
  } finally {
    if (loading === stop) loading = null;
  }
}
