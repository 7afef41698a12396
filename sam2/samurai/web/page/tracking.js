// Runs of the tracker: started, watched line by line, stopped.

import { forgetAnswers, loadAnswers, putAnswer } from "./answers.js";
import { api, isAborted, Problem } from "./api.js";
import { show } from "./frames.js";
import { lines } from "./ndjson.js";
import { failed, notify, say } from "./notices.js";
import { settled } from "./prompts.js";
import { refresh } from "./session.js";
import { expected, startOf } from "./spans.js";
import { set, state } from "./store.js";
import { takeLine } from "./tracks.js";

const TOLD = 10; // seconds between two announcements of progress

let told = 0;

/** @param {"forward"|"backward"|"both"} direction track what is stale in it */
export async function track(direction) {
  if (state.run || !state.session) return;
  try {
    await settled();
  } catch (error) {
    return failed(error, "Tracking");
  }
  if (!state.objects.length) return notify("Nothing to track yet: mark an object first.");
  const start = startOf(state.objects, direction);
  if (start === null)
    return notify(direction === "both" ? "Everything is tracked." : `Everything ${direction} is tracked.`);
  set({
    playing: false,
    follow: true,
    run: { direction, done: 0, total: expected(start, direction, state.length), frame: start, since: performance.now(), left: null, stopping: false, own: true },
  });
  say("Tracking");
  told = performance.now();
  try {
    tell(await readRun({ start_frame_index: start, direction, events: true }));
  } catch (error) {
    if (!isAborted(error)) failed(error, "Tracking", error instanceof Problem ? undefined : () => track(direction));
  } finally {
    set({ run: null });
    forgetAnswers();
    await refresh().catch(() => {});
    await loadAnswers(state.shown);
  }
}

/** @param {any} body @returns {Promise<any>} the event that ended it */
async function readRun(body) {
  const session = /** @type {string} */ (state.session);
  const stop = new AbortController();
  const response = await api.propagate(session, body, stop.signal);
  let end = null;
  try {
    for await (const line of lines(response)) {
      if (state.session !== session) {
        stop.abort();
        return null;
      }
      if (line.event === "progress") state.run && set({ run: { ...state.run, left: line.eta_sec } });
      else if (line.event) end = line;
      else if (line.frame_index !== undefined) take(line);
    }
  } catch (error) {
    await api.health().catch(() => {});
    if (isAborted(error) || state.connection !== "ok") return null;
    throw new Error("the connection ended before the run did. What is tracked is kept");
  }
  return end;
}

/** @param {any} line */
function take(line) {
  takeLine(line);
  putAnswer(line);
  const run = state.run;
  if (!run) return;
  set({ run: { ...run, done: run.done + 1, frame: line.frame_index } });
  if (state.follow && state.shown === state.wanted) show(line.frame_index);
  if (performance.now() - told > TOLD * 1000) {
    told = performance.now();
    say(`Frame ${line.frame_index}, ${run.done} of ${run.total}`);
  }
}

/** @param {any} end */
function tell(end) {
  if (!end) return;
  if (end.event === "error") failed(new Problem(end.detail ?? "no reason is given", 500), "Tracking");
  else if (end.event === "cancelled") notify(`Stopped after ${frames(end.frames)}. What is tracked is kept.`);
  else notify(`Tracked ${frames(end.frames)}.`);
}

const frames = (/** @type {number} */ count) => `${count} ${count === 1 ? "frame" : "frames"}`;

/** Stop the run; what is tracked stays. */
export async function stopTracking() {
  if (!state.run || state.run.stopping || !state.session) return;
  set({ run: { ...state.run, stopping: true } });
  try {
    await api.cancel(state.session);
  } catch (error) {
    failed(error, "Stopping");
  }
}
