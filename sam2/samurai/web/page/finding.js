// The panel of discovery: the search box, and the list of candidates with what can be done to them.

import {
  choose, chosenOf, countOf, discard, dropFound, keep, look, merge, nameOf, partsOfCandidate, search, split, stopLooking,
} from "./candidates.js";
import { $, icon, make } from "./dom.js";
import { shownImage } from "./frames.js";
import { holdMask, paintMask } from "./masks.js";
import { say } from "./notices.js";
import { frameSize } from "./stage.js";
import { set, state, watch } from "./store.js";

/** @typedef {import("./candidates.js").Candidate} Candidate */

const SIDE = 44; // pixels of the screen of a small picture
const AROUND = 1.25; // a small picture's side in parts of the mask's longer side

export function startFinding() {
  $("find-form").addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    const field = $("find-text");
    field.value = field.value.trim();
    if (field.reportValidity()) search(field.value);
  });
  $("find-text").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && !dropFound()) $("find-text").blur();
  });
  $("find-all").addEventListener("click", lookOrStop);
  const verbs = /** @type {[string, () => unknown][]} */ ([
    ["found-keep-all", keepAll], ["found-drop", dropFound], ["found-keep", keepChosen],
    ["found-discard", discardChosen], ["found-merge", merge], ["found-split", split],
  ]);
  for (const [id, run] of verbs) $(id).addEventListener("click", run);
  watch(["mode"], () => ($("find").hidden = state.mode === "view"));
  watch(["looking"], showLooking);
  watch(["found", "looking", "health"], showNote);
  watch(["found"], build);
  watch(["found", "chosen", "pointed"], showChosen);
}

/** Look for everything, or give up what is on its way. */
export function lookOrStop() {
  if (stopLooking()) say("Looking is given up");
  else look($("find-parts").checked);
}

/** Keep the candidates that are chosen. */
export const keepChosen = () => keep(chosenOf());

/** Keep all candidates. */
export const keepAll = () => keep(state.found?.items ?? []);

/** @returns {boolean} whether any were chosen */
export const discardChosen = () => discard(chosenOf());

function showLooking() {
  const { looking } = state;
  $("find").setAttribute("aria-busy", String(Boolean(looking)));
  $("find-all").classList.toggle("danger", Boolean(looking));
  $("find-all").querySelector("use").setAttribute("href", `page/icons.svg#${looking ? "stop" : "find"}`);
  $("find-all-text").textContent = looking ? "Cancel" : "Find everything";
  $("find-busy").hidden = !looking;
  if (looking) $("find-busy-text").textContent = `Looking${looking.asked ? ` for ${looking.asked}` : ""} in frame ${looking.frame}`;
}

function showNote() {
  const { found, looking, health } = state;
  const isNothing = Boolean(found && !found.items.length && !looking);
  $("find-note").hidden = !isNothing;
  if (!found || !isNothing) return;
  const what = found.asked ? `No ${found.asked} found` : "Nothing found";
  const isSmall = !found.asked && String(health?.model).startsWith("nano");
  $("find-note").textContent = `${what} in frame ${found.frame}.${isSmall ? " The bundled nano hardly finds anything by looking: draw boxes." : ""}`;
}

function build() {
  const found = state.found?.items ?? [];
  const list = $("found-list");
  const focused = list.contains(document.activeElement) ? [...list.children].findIndex((each) => each.contains(document.activeElement)) : -1;
  const key = /** @type {HTMLElement|null} */ (document.activeElement)?.dataset?.focus;
  const wasInside = $("found").contains(document.activeElement);
  for (const { mask, color } of found) holdMask(mask, color);
  list.replaceChildren(...found.map(row));
  $("found").hidden = !found.length;
  $("found-title").textContent = countOf(found.length);
  if (!wasInside) return;
  // Where a row goes, the one in its place is next; after the last one it is the button.
  const next = list.querySelector(`[data-focus="${key}"]`) ?? list.children[Math.min(focused, found.length - 1)]?.querySelector("button");
  if (!found.length) $("find-all").focus();
  else if (focused >= 0) next?.focus();
}

/** @param {Candidate} candidate */
function row(candidate) {
  const { id, score, reason } = candidate;
  const name = nameOf(candidate);
  const why = [score === null ? "" : score.toFixed(2), reason].filter(Boolean).join(", ");
  const item = make("li", {
    onpointerenter: () => set({ pointed: id }), onpointerleave: () => set({ pointed: null }),
  },
    make("button", { type: "button", class: "choose", "aria-pressed": "false", "data-focus": `candidate${id}`, onclick: () => choose(id) },
      picture(candidate), make("span", { class: "text" }, make("strong", { text: name }), make("span", { class: "faint", text: why }))),
    make("button", { type: "button", class: "quiet", "aria-label": `Keep ${name}`, title: "Keep", onclick: () => keep([candidate]) }, icon("check")),
    make("button", { type: "button", class: "quiet", "aria-label": `Discard ${name}`, title: "Discard", onclick: () => discard([candidate]) }, icon("close")));
  item.dataset.candidate = String(id);
  return item;
}

/** A small picture of a candidate in its frame. @param {Candidate} candidate */
function picture({ mask, bitmap, color }) {
  const canvas = make("canvas", { class: "picture", width: SIDE * devicePixelRatio, height: SIDE * devicePixelRatio, "aria-hidden": "true" });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = shownImage();
  if (!image || !bitmap) return canvas;
  const [width, height] = frameSize();
  const scale = canvas.width / (Math.max(bitmap.width, bitmap.height) * AROUND);
  const middle = [bitmap.x + bitmap.width / 2, bitmap.y + bitmap.height / 2];
  context.setTransform(scale, 0, 0, scale, canvas.width / 2 - middle[0] * scale, canvas.height / 2 - middle[1] * scale);
  context.drawImage(image, 0, 0, width, height);
  paintMask(context, mask, color, { opacity: 0.35, contour: false, line: (2 * devicePixelRatio) / scale });
  return canvas;
}

function showChosen() {
  const chosen = chosenOf();
  const list = $("found-list");
  for (const item of list.children) {
    const id = Number(item.dataset.candidate);
    item.classList.toggle("selected", state.chosen.has(id));
    item.classList.toggle("pointed", state.pointed === id);
    item.querySelector(".choose").setAttribute("aria-pressed", String(state.chosen.has(id)));
  }
  for (const id of ["found-keep", "found-discard"]) $(id).disabled = !chosen.length;
  $("found-merge").disabled = chosen.length < 2;
  $("found-split").disabled = chosen.length !== 1 || partsOfCandidate(chosen[0]).length < 2;
}
