// The session on the server, and this page's picture of it.

import { forgetAnswers, loadAnswers } from "./answers.js";
import { api, Problem } from "./api.js";
import { forgetFrames, show } from "./frames.js";
import { adopt, allPrompts, forgetPrompts, restore } from "./prompts.js";
import { set, state } from "./store.js";
import { forgetTracks, takeTimeline } from "./tracks.js";
import { forgetSteps } from "./undo.js";

/** @param {any} video start a session on it @returns {Promise<void>} */
export async function openVideo(video) {
  const session = await api.createSession(video.id);
  await enter(video, await api.session(session.session_id));
}

/** @param {string} id of a session that is there */
export async function openSession(id) {
  const view = await api.session(id);
  const { video } = await api.video(view.video_id);
  await enter(video, view);
}

/** @param {any} video @param {any} view */
async function enter(video, view) {
  leave();
  set({ video, session: view.session_id, length: view.num_frames, phase: "work", connection: "ok" });
  location.hash = `session=${encodeURIComponent(view.session_id)}`;
  take(view, true);
  set({ selected: view.objects[0]?.object_id ?? null });
  await takeTimeline(api.timeline(view.session_id));
  await show(view.objects[0]?.prompts[0]?.frame_index ?? 0);
}

/** Forget the session; the server keeps it. */
export function leave() {
  forgetFrames();
  forgetAnswers();
  forgetPrompts();
  forgetSteps();
  forgetTracks();
  set({ session: null, video: null, objects: [], selected: null, hidden: new Set(), length: 0, run: null, playing: false, found: null, chosen: new Set() });
}

/** @param {any} view a SessionView @param {boolean} anew */
function take(view, anew) {
  adopt(view.objects, anew);
  set({ objects: view.objects });
  const foreign = state.run && !state.run.own;
  if (view.running && !state.run)
    set({ run: { direction: "", done: 0, total: 0, frame: -1, since: performance.now(), left: null, stopping: false, own: false } });
  else if (!view.running && foreign) set({ run: null });
}

let asked = 0;

/** Ask for the session's objects, spans and confidences. @param {boolean} [anew] trust the server's prompts over ours */
export async function refresh(anew = false) {
  const id = state.session;
  if (!id) return;
  const mine = ++asked;
  try {
    const [view, timeline] = await Promise.all([api.session(id), api.timeline(id)]);
    if (state.session !== id || mine !== asked) return;
    take(view, anew);
    await takeTimeline(Promise.resolve(timeline));
    if (anew) forgetAnswers();
    await loadAnswers(state.shown);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) set({ connection: "gone" });
    throw error;
  }
}

/** After a restart of the server: a new session on the same video, with this page's prompts. */
export async function reopen() {
  const [video, objects, prompts, shown] = [state.video, state.objects, allPrompts(), state.shown];
  await openVideo(video);
  for (const [object, frames] of prompts)
    await restore(object, frames, objects.find((each) => each.object_id === object));
  forgetSteps();
  await show(shown);
}
