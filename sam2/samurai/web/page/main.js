// Starts the page.

import { api, Problem } from "./api.js";
import { startCandidates } from "./candidates.js";
import { startConnection } from "./connection.js";
import { $ } from "./dom.js";
import { startExport } from "./export.js";
import { startFinding } from "./finding.js";
import { startHint } from "./hint.js";
import { startKeys } from "./keys.js";
import { modeOfAddress, pickPrompts, startModes, viewSession } from "./modes.js";
import { failed, notify } from "./notices.js";
import { startObjects } from "./objects.js";
import { startPointer } from "./pointer.js";
import { leave, openSession } from "./session.js";
import { fit, startStage, zoom } from "./stage.js";
import { startStart } from "./start.js";
import { set, state, watch } from "./store.js";
import { startTimeline } from "./timeline.js";
import { startTransport } from "./transport.js";
import { onSteps, redo, redoTitle, undo, undoTitle } from "./undo.js";

const LOADING = 1000; // milliseconds between two looks at a model that is being loaded

set({ mode: modeOfAddress() });
for (const start of [startConnection, startStage, startPointer, startTimeline, startTransport, startObjects, startCandidates, startFinding, startExport, startStart, startModes, startHint, startKeys]) start();
startTop();
open();

function startTop() {
  const buttons = /** @type {[HTMLButtonElement, () => void, () => string|null, string][]} */ ([[$("undo"), undo, undoTitle, "Undo"], [$("redo"), redo, redoTitle, "Redo"]]);
  for (const [button, run] of buttons) button.addEventListener("click", run);
  const show = () => {
    for (const [button, , title, name] of buttons) {
      button.disabled = !title();
      button.title = title() ? `${name}: ${title()}` : name;
    }
  };
  onSteps(show);
  show();
  $("home").addEventListener("click", goHome);
  for (const [id, run] of /** @type {[string, () => void][]} */ ([["zoom-in", () => zoom(1.25)], ["zoom-out", () => zoom(0.8)], ["zoom-fit", fit]]))
    $(id).addEventListener("click", run);
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-key]")))
    if (button.id !== "undo" && button.id !== "redo")
      button.title = `${button.getAttribute("aria-label") ?? button.textContent?.trim()} (${button.dataset.key})`;
  watch(["video"], () => {
    $("title").textContent = state.video?.filename ?? "Open a video";
    $("title").classList.toggle("hidden", !state.video);
    document.title = state.video ? `${state.video.filename} · samurai` : "samurai";
  });
  watch(["health"], () => {
    const { model, device, status } = state.health ?? {};
    $("engine").textContent = !model ? "" : status === "starting" ? `${model} is being loaded` : `${model} on ${device}`;
  });
  watch(["busy"], () => {
    $("stage-busy").hidden = !state.busy;
    $("stage-busy-text").textContent = "Segmenting";
  });
}

/** @param {Event} event to the first screen, without asking the server for the page again */
function goHome(event) {
  event.preventDefault();
  if (state.phase !== "work" || state.mode !== "edit") return;
  leave();
  history.replaceState(null, "", location.pathname);
  set({ phase: "start" });
}

/** What the address asks for: a session, a mode, or the first screen. */
async function open() {
  lookAtHealth();
  const session = new URLSearchParams(location.hash.slice(1)).get("session");
  try {
    if (state.mode === "view") return await viewSession();
    if (session) return await openSession(session);
    if (state.mode === "pick") return await pickPrompts();
  } catch (error) {
    if (error instanceof Problem && error.status === 0) return;
    if (!(session && error instanceof Problem && error.status === 404)) failed(error, "Opening");
    history.replaceState(null, "", location.pathname + location.search);
    if (state.mode === "pick" && session) return pickPrompts().catch((again) => failed(again, "Opening"));
  }
  set({ phase: "start" });
}

/** Which model is at work; while it is being loaded, ask again. */
async function lookAtHealth() {
  const health = await api.health().catch(() => null);
  if (!health) return;
  set({ health });
  if (health.status === "starting") setTimeout(lookAtHealth, LOADING);
  if (health.status === "failed") notify(`The model isn't at work: ${health.detail}`, { kind: "error" });
}
