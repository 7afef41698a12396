// The mask that a prompt would give, while it is drawn. One request is on its way at a time, and
// after it only the newest is sent.

import { api } from "./api.js";
import { state } from "./store.js";

const WAIT = 40; // milliseconds in which further movement replaces a request

/** @type {{frame: number, mask: any}|null} */
let current = null;
/** @type {{frame: number, body: any}|null} */
let next = null;
/** @type {AbortController|null} */
let stop = null;
/** @type {ReturnType<typeof setTimeout>|undefined} */
let timer;
/** @type {() => void} */
let changed = () => {};

/** @param {() => void} call */
export function onPreview(call) {
  changed = call;
}

/** @param {number} frame @returns {any} a run-length code, or null */
export const previewOf = (frame) => (current?.frame === frame ? current.mask : null);

/** @param {number} frame @param {any} body a PreviewBody */
export function askPreview(frame, body) {
  next = { frame, body };
  clearTimeout(timer);
  timer = setTimeout(send, WAIT);
}

/** Forget the preview, and what is on its way. */
export function dropPreview() {
  clearTimeout(timer);
  next = null;
  stop?.abort();
  stop = null;
  if (current) {
    current = null;
    changed();
  }
}

async function send() {
  if (stop || !next || !state.session) return;
  const { frame, body } = next;
  next = null;
  const mine = (stop = new AbortController());
  try {
    const answer = await api.preview(state.session, frame, body, mine.signal);
    if (stop === mine) {
      current = { frame, mask: answer.objects[0]?.mask ?? null };
      changed();
    }
  } catch {
    // A preview that fails is none; the prompt itself says why.
  } finally {
    if (stop === mine) {
      stop = null;
      if (next) send();
    }
  }
}
