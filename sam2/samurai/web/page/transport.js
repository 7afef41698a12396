// Playback, the frame's number and time, and the buttons of tracking.

import { $, setIcon } from "./dom.js";
import { show } from "./frames.js";
import { notify } from "./notices.js";
import { nextDoubtful } from "./spans.js";
import { set, state, watch } from "./store.js";
import { isDoubtful, seek } from "./timeline.js";
import { stopTracking, track } from "./tracking.js";

const USUAL = 25; // frames per second of a video that doesn't say

/** @param {number} seconds @returns {string} m:ss.mmm */
export function clock(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(3).padStart(6, "0")}`;
}

/** @param {number} seconds @returns {string} in words, roughly */
const duration = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);

/** @returns {number} frames per second */
const rate = () => state.video?.fps || (state.video?.duration_sec ? state.length / state.video.duration_sec : USUAL);

/** @param {number} by frames */
export const step = (by) => seek(state.wanted + by);

export const togglePlaying = () => set({ playing: !state.playing });

/** Go to the next frame that is worth a look. */
export function goToDoubtful() {
  const n = nextDoubtful({ isDoubtful, length: state.length, from: state.wanted });
  if (n === null) notify("No doubtful frame: nothing is unsure, unseen or left to track.");
  else seek(n);
}

export function startTransport() {
  const go = { first: () => seek(0), back: () => step(-1), next: () => step(1), last: () => seek(state.length - 1), play: togglePlaying, doubtful: goToDoubtful };
  for (const [id, run] of Object.entries(go)) $(id).addEventListener("click", run);
  $("frame").addEventListener("change", () => seek(Number($("frame").value)));
  $("follow").addEventListener("change", () => set({ follow: $("follow").checked }));
  for (const button of document.querySelectorAll("[data-direction]"))
    button.addEventListener("click", () => track(/** @type {any} */ (button).dataset.direction));
  $("track-stop").addEventListener("click", stopTracking);
  watch(["wanted", "shown", "length", "video"], place);
  watch(["playing"], play);
  watch(["run", "objects", "mode", "connection", "follow"], runs);
}

function place() {
  if (document.activeElement !== $("frame")) $("frame").value = String(state.wanted);
  $("frame").max = String(Math.max(0, state.length - 1));
  $("frames").textContent = String(Math.max(0, state.length - 1));
  $("time").textContent = clock(state.wanted / rate());
  for (const [id, off] of /** @type {[string, boolean][]} */ ([["first", !state.wanted], ["back", !state.wanted], ["next", state.wanted >= state.length - 1], ["last", state.wanted >= state.length - 1]]))
    $(id).disabled = off;
}

async function play() {
  const button = $("play");
  setIcon(button, state.playing ? "pause" : "play");
  button.setAttribute("aria-label", state.playing ? "Pause" : "Play");
  if (!state.playing) return;
  if (state.wanted >= state.length - 1) await show(0);
  const [from, began] = [state.wanted, performance.now()];
  while (state.playing) {
    // Slow frames are left out: playback keeps the video's time.
    const due = from + Math.floor(((performance.now() - began) / 1000) * rate());
    const next = Math.min(state.length - 1, Math.max(due, state.shown + 1));
    const wait = (((next - from) / rate()) * 1000) - (performance.now() - began);
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    if (!state.playing) return;
    if (!(await show(next)) && state.playing) return set({ playing: false });
    if (next >= state.length - 1) set({ playing: false });
  }
}

function runs() {
  const { run } = state;
  const readOnly = state.mode === "view";
  $("tracking").hidden = readOnly;
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-direction]"))) {
    button.hidden = Boolean(run);
    button.disabled = !state.objects.length || state.connection !== "ok";
  }
  const stop = $("track-stop");
  const hadFocus = document.activeElement === document.body;
  stop.hidden = !run || readOnly;
  stop.disabled = Boolean(run?.stopping);
  if (run && hadFocus && !stop.hidden) stop.focus({ preventScroll: true });
  $("run").hidden = !run;
  if (!run) return;
  const bar = $("run-bar");
  if (run.total) [bar.max, bar.value] = [run.total, run.done];
  else bar.removeAttribute("value");
  $("run-text").textContent = runText(run);
  $("follow").checked = state.follow;
}

/** @param {import("./store.js").Run} run */
function runText({ stopping, done, total, since, left, own }) {
  if (stopping) return "Stopping after this frame";
  if (!own) return "Tracking";
  if (!done) return "Starting";
  const speed = done / Math.max(0.001, (performance.now() - since) / 1000);
  const ends = left === null || left < 1 ? "" : `, ${duration(left)} left`;
  return `${done} of ${total}, ${speed < 10 ? speed.toFixed(1) : Math.round(speed)} frames per second${ends}`;
}
