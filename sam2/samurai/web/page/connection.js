// What happens when the server doesn't answer, and when it answers again.

import { api, onHeard, Problem } from "./api.js";
import { $ } from "./dom.js";
import { failed, notify } from "./notices.js";
import { leave, refresh, reopen } from "./session.js";
import { set, state, watch } from "./store.js";

const SLOWEST = 8; // seconds between two tries

let wait = 1;
/** @type {ReturnType<typeof setTimeout>|undefined} */
let timer;

export function startConnection() {
  onHeard((ok) => {
    if (!ok && state.connection === "ok" && !state.saved) lost();
  });
  $("banner-action").addEventListener("click", () => (state.connection === "gone" ? again() : retry()));
  watch(["connection", "session", "video"], show);
}

function lost() {
  set({ connection: "lost", playing: false });
  wait = 1;
  schedule();
}

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(retry, wait * 1000);
  wait = Math.min(SLOWEST, wait * 2);
}

async function retry() {
  clearTimeout(timer);
  try {
    set({ health: await api.health() });
  } catch (error) {
    if (!(error instanceof Problem) || error.status === 0) return schedule();
  }
  await recovered();
}

async function recovered() {
  if (state.connection !== "lost") return;
  set({ connection: "ok" });
  if (!state.session) {
    if (state.phase === "loading") location.reload();
    return;
  }
  try {
    await refresh();
    notify("The server answers again. Nothing is lost.");
  } catch (error) {
    // A 404 has its own banner; another failure is said as it is.
    if (/** @type {string} */ (state.connection) === "ok") failed(error, "The session");
  }
}

/** Reopen the video after a restart, or go to the start where that is gone too. */
async function again() {
  const button = $("banner-action");
  button.disabled = true;
  try {
    const isThere = await api.video(state.video.id).then(() => true, isMissing);
    if (isThere) {
      await reopen();
      notify("The video is open again, with your prompts. Track it again.");
    } else {
      leave();
      history.replaceState(null, "", location.pathname);
      set({ connection: "ok", phase: "start" });
      notify("The video isn't on the server any more. Open it again.", { kind: "error" });
    }
  } catch (error) {
    failed(error, "Opening the video again", again);
  } finally {
    button.disabled = false;
  }
}

/** @param {unknown} error @returns {boolean} false for a 404; throws every other error */
function isMissing(error) {
  if (error instanceof Problem && error.status === 404) return false;
  throw error;
}

function show() {
  const { connection } = state;
  $("banner").hidden = connection === "ok";
  $("banner").dataset.kind = connection;
  if (connection === "lost") {
    $("banner-text").textContent = "The server doesn't answer: is it still running? This page tries again by itself.";
    $("banner-action").textContent = "Try now";
  } else if (connection === "gone") {
    $("banner-text").textContent = "The session isn't on the server any more: it was restarted, or closed the session after a long pause. The prompts are still here.";
    $("banner-action").textContent = "Open the video again";
  }
  $("banner-action").hidden = connection === "gone" && state.mode === "view";
}
