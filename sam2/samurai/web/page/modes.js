// Other ways to open the page: ?view only shows a session, ?pick ends with a file of prompts.

import { forgetAnswers, loadAnswers } from "./answers.js";
import { api, Problem } from "./api.js";
import { $ } from "./dom.js";
import { show } from "./frames.js";
import { failed, notify } from "./notices.js";
import { openSession, openVideo, refresh } from "./session.js";
import { set, state, watch } from "./store.js";

const EVERY = 1000; // milliseconds between two looks at a session that others change

const pause = () => new Promise((done) => setTimeout(done, EVERY));

/** @returns {"edit"|"view"|"pick"} */
export function modeOfAddress() {
  const asked = new URL(location.href).searchParams;
  return asked.has("view") ? "view" : asked.has("pick") ? "pick" : "edit";
}

/** Show a session and follow it: ?view=SESSION, or the newest one. */
export async function viewSession() {
  let id = new URL(location.href).searchParams.get("view");
  while (!id) {
    id = (await api.sessions()).items[0]?.session_id ?? null;
    if (!id) await pause();
  }
  await openSession(id);
  for (;;) {
    await pause();
    if (state.connection !== "ok") continue;
    const { objects: before, run } = state;
    await refresh().catch(() => {});
    const newest = newestDone(before, state.objects);
    if (newest === null) continue;
    forgetAnswers(); // of frames that were looked at before they were tracked
    await loadAnswers(state.shown);
    if (state.follow && (run || state.run)) await show(newest);
  }
}

/** @param {any[]} before ObjectViews @param {any[]} now @returns {number|null} the outermost frame that was tracked since */
function newestDone(before, now) {
  const ends = (/** @type {any[]} */ objects) => objects.flatMap((each) => each.done.flat());
  const old = new Set(ends(before));
  const fresh = ends(now).filter((each) => !old.has(each));
  return fresh.length ? fresh[fresh.length - 1] : null;
}

/** Mark objects in ?pick=VIDEO, or in the newest video. */
export async function pickPrompts() {
  const asked = new URL(location.href).searchParams.get("pick");
  const video = asked ? (await api.video(asked)).video : (await api.videos()).items[0];
  if (!video) throw new Problem("the server has no video to mark objects in. Start samurai pick with one", 404);
  await openVideo(video);
}

export function startModes() {
  const save = $("save");
  watch(["mode"], () => {
    document.body.dataset.mode = state.mode;
    save.hidden = state.mode !== "pick";
  });
  watch(["objects", "busy", "mode", "saved"], () => {
    save.disabled = !state.objects.length || state.busy > 0 || state.saved;
  });
  save.addEventListener("click", savePrompts);
}

async function savePrompts() {
  $("save").disabled = true;
  try {
    const { path } = await api.pick({ session_id: state.session });
    set({ saved: true });
    notify(`Saved: ${path}. You can close this page.`, { stays: true });
  } catch (error) {
    failed(error, "Saving the prompts", savePrompts);
  } finally {
    set({ objects: [...state.objects] });
  }
}
