// The keyboard: every key, what it does, and the list of them all.

import { candidateAt, choose, dropFound, merge, split } from "./candidates.js";
import { $, make } from "./dom.js";
import { openExport } from "./export.js";
import { discardChosen, keepAll, keepChosen, lookOrStop } from "./finding.js";
import { say } from "./notices.js";
import { newObject, selectNext, toggle } from "./objects.js";
import { clearFrame, removeObject } from "./prompts.js";
import { clamped, cursorOf, fit, frameSize, setCursor, zoom } from "./stage.js";
import { promptedFrames } from "./spans.js";
import { objectOf, set, state } from "./store.js";
import { seek } from "./timeline.js";
import { cancelDrawing, drag, drawn, press, release, TOOLS } from "./tools.js";
import { stopTracking, track } from "./tracking.js";
import { goToDoubtful, step, togglePlaying } from "./transport.js";
import { redo, undo } from "./undo.js";

const TEN = 10;
const NEAR = 1; // pixels of the frame that an arrow moves the cursor with Shift
const FAR = 60; // parts of the frame's longer side that it moves without
const SETTING = "samurai.single-keys";

/** @typedef {{keys: string[], text: string, run: (event: KeyboardEvent) => unknown, edits?: boolean}} Key */

const selected = () => objectOf(state.selected);

/** @param {number} direction */
function toPrompt(direction) {
  const frames = (selected() ? [selected()] : state.objects).flatMap(promptedFrames).sort((a, b) => a - b);
  const found = direction > 0 ? frames.find((each) => each > state.wanted) : frames.findLast((each) => each < state.wanted);
  if (found === undefined) say(direction > 0 ? "No later prompt" : "No earlier prompt");
  else seek(found);
}

/** @type {Record<string, Key[]>} by heading; names of keys as KeyboardEvent.key, with Ctrl and Shift before them */
const KEYS = {
  Prompts: [
    { keys: ["1"], text: "Box", run: () => set({ tool: "box" }), edits: true },
    { keys: ["2"], text: "Click on it", run: () => set({ tool: "add" }), edits: true },
    { keys: ["3"], text: "Click beside it", run: () => set({ tool: "subtract" }), edits: true },
    { keys: ["4"], text: "Scribble", run: () => set({ tool: "scribble" }), edits: true },
    { keys: ["5"], text: "Move the picture", run: () => set({ tool: "move" }) },
    { keys: ["Ctrl+z"], text: "Undo", run: undo, edits: true },
    { keys: ["Ctrl+Shift+z", "Ctrl+y"], text: "Redo", run: redo, edits: true },
    { keys: ["Delete", "Backspace"], text: "Clear the object's prompts in this frame", run: () => discardChosen() || clearFrame(state.shown), edits: true },
  ],
  Finding: [
    { keys: ["a"], text: "Find everything in this frame", run: lookOrStop, edits: true },
    { keys: ["/"], text: "Search this frame for words", run: () => $("find-text").focus(), edits: true },
    { keys: ["y"], text: "Keep the chosen candidates", run: keepChosen, edits: true },
    { keys: ["u"], text: "Keep all candidates", run: keepAll, edits: true },
    { keys: ["x"], text: "Discard the chosen candidates", run: discardChosen, edits: true },
    { keys: ["m"], text: "Merge the chosen candidates", run: merge, edits: true },
    { keys: ["s"], text: "Split the chosen candidate", run: split, edits: true },
  ],
  Objects: [
    { keys: ["n"], text: "New object", run: newObject, edits: true },
    { keys: ["j"], text: "Next object", run: () => selectNext(1) },
    { keys: ["k"], text: "Previous object", run: () => selectNext(-1) },
    { keys: ["h"], text: "Hide or show its mask", run: () => state.selected !== null && toggle(state.selected) },
    { keys: ["Shift+Delete"], text: "Delete the object", run: () => state.selected !== null && removeObject(state.selected), edits: true },
    { keys: ["c"], text: "Contour only", run: () => set({ contour: !state.contour }) },
    { keys: ["o"], text: "Less opacity, from 0 again full", run: () => set({ opacity: state.opacity > 0.1 ? state.opacity - 0.25 : 1 }) },
  ],
  Frames: [
    { keys: [",", "ArrowLeft"], text: "Previous frame", run: () => step(-1) },
    { keys: [".", "ArrowRight"], text: "Next frame", run: () => step(1) },
    { keys: ["Shift+ArrowLeft", "PageUp"], text: "10 frames back", run: () => step(-TEN) },
    { keys: ["Shift+ArrowRight", "PageDown"], text: "10 frames on", run: () => step(TEN) },
    { keys: ["Home"], text: "First frame", run: () => seek(0) },
    { keys: ["End"], text: "Last frame", run: () => seek(state.length - 1) },
    { keys: ["["], text: "Previous prompt", run: () => toPrompt(-1) },
    { keys: ["]"], text: "Next prompt", run: () => toPrompt(1) },
    { keys: ["d"], text: "Next doubtful frame", run: goToDoubtful },
    { keys: ["g"], text: "Go to a frame by number", run: () => $("frame").select() },
    { keys: [" "], text: "Play, pause", run: togglePlaying },
  ],
  Tracking: [
    { keys: ["f"], text: "Track forward", run: () => track("forward"), edits: true },
    { keys: ["r"], text: "Track backward", run: () => track("backward"), edits: true },
    { keys: ["t"], text: "Track both ways", run: () => track("both"), edits: true },
    { keys: ["Escape"], text: "Give up a drawing; discard candidates; stop tracking", run: () => cancelDrawing() || dropFound() || stopTracking() },
    { keys: ["e"], text: "Export", run: openExport },
  ],
  "On the picture": [
    { keys: ["+", "="], text: "Zoom in", run: () => zoom(1.25) },
    { keys: ["-"], text: "Zoom out", run: () => zoom(0.8) },
    { keys: ["0"], text: "Fit", run: fit },
    { keys: ["?"], text: "This list", run: () => $("help").showModal() },
  ],
};
const POINTING = [["Arrows", "Move the cursor; Shift: by a pixel"], ["Enter", "Click; for boxes and scribbles: begin, then end; on a candidate: choose it"]];

const isTyping = (/** @type {EventTarget|null} */ where) =>
  where instanceof HTMLElement && where.matches("input:not([type=range]):not([type=checkbox]):not([type=color]), textarea, select");

/** Keys that a focused control uses itself. @param {EventTarget|null} where @param {string} key */
function isTaken(where, key) {
  if (!(where instanceof HTMLElement)) return false;
  if (where.matches("input[type=range]")) return /^(Arrow|Home|End|Page)/.test(key);
  return where.matches("button, input, a, summary") && (key === " " || key === "Enter");
}

/** @param {KeyboardEvent} event @returns {string} as in KEYS */
function nameOf(event) {
  const { key } = event;
  const shifted = key.length > 1 || event.ctrlKey || event.metaKey;
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.shiftKey && shifted ? "Shift+" : ""}${key.length === 1 ? key.toLowerCase() : key}`;
}

export function startKeys() {
  const single = $("single-keys");
  single.checked = localStorage.getItem(SETTING) !== "off";
  single.addEventListener("change", () => localStorage.setItem(SETTING, single.checked ? "on" : "off"));
  $("help-open").addEventListener("click", () => $("help").showModal());
  for (const button of document.querySelectorAll("dialog [data-close]"))
    button.addEventListener("click", () => button.closest("dialog")?.close());
  list();
  document.addEventListener("keydown", pressed);
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (event.altKey || document.querySelector("dialog[open]") || isTyping(event.target)) return;
  if (event.target === $("stage") && pointed(event)) return event.preventDefault();
  const name = nameOf(event);
  if (isTaken(event.target, event.key)) return;
  if (!$("single-keys").checked && !name.startsWith("Ctrl+") && event.key.length === 1) return;
  const key = Object.values(KEYS).flat().find((each) => each.keys.includes(name));
  if (!key || (state.phase !== "work" && name !== "?") || (key.edits && state.mode === "view")) return;
  event.preventDefault();
  key.run(event);
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The cursor on the stage. @param {KeyboardEvent} event @returns {boolean} whether the key was for it */
function pointed(event) {
  if (event.ctrlKey || event.metaKey || state.shown < 0 || state.mode === "view") return false;
  const [width, height] = frameSize();
  const arrow = /** @type {Record<string, number[]>} */ (ARROWS)[event.key];
  const at = cursorOf() ?? [width / 2, height / 2];
  if (arrow) {
    const by = event.shiftKey ? NEAR : Math.max(NEAR, Math.round(Math.max(width, height) / FAR));
    setCursor([Math.round(at[0]) + arrow[0] * by, Math.round(at[1]) + arrow[1] * by]);
    const [x, y] = /** @type {number[]} */ (cursorOf());
    if (drawn()) drag([x, y]);
    say(`${x}, ${y}`);
    return true;
  }
  const candidate = event.key === "Enter" && !drawn() && cursorOf() ? candidateAt(at) : undefined;
  if (candidate) {
    choose(candidate.id);
    return true;
  }
  if (event.key !== "Enter" || !TOOLS[state.tool]) return false;
  const place = clamped([Math.min(at[0], width - 1), Math.min(at[1], height - 1)]);
  setCursor(at);
  if (drawn()) {
    release();
    say("Done");
  } else {
    press(place);
    if (state.tool === "add" || state.tool === "subtract") release();
    else say("Begun: move with the arrows, Enter ends it, Escape gives it up");
  }
  return true;
}

const NAMES = /** @type {Record<string, string>} */ ({ " ": "Space", ArrowLeft: "←", ArrowRight: "→" });
const shownKey = (/** @type {string} */ name) =>
  name.split("+").map((part, at, all) => NAMES[part] ?? (part === "" ? "+" : part.length === 1 && at === all.length - 1 ? part.toUpperCase() : part));

function list() {
  const row = (/** @type {string[]} */ keys, /** @type {string} */ text) => {
    const shown = keys.map((key) => (key === "+" ? ["+"] : shownKey(key)).map((part) => make("kbd", { text: part })));
    return make("div", {}, make("dt", {}, ...shown.flatMap((parts, at) => (at ? [" ", ...parts] : parts))), make("dd", { text }));
  };
  $("help-keys").replaceChildren(...Object.entries(KEYS).map(([heading, keys]) =>
    make("section", {}, make("h3", { text: heading }), make("dl", {},
      ...keys.map((key) => row(key.keys, key.text)),
      ...(heading === "On the picture" ? POINTING.map(([key, text]) => row([key], text)) : [])))));
}
