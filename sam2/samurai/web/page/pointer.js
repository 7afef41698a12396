// Mouse, pen and fingers on the stage: one draws with the tool, two zoom and move the picture.

import { candidateAt, choose } from "./candidates.js";
import { $ } from "./dom.js";
import { clamped, isInside, pan, placeOf, setCursor, zoom } from "./stage.js";
import { set, state } from "./store.js";
import { cancelDrawing, drag, drawn, press, release } from "./tools.js";

const WHEEL = 0.0016; // zoom per pixel of a wheel
const STILL = 4; // pixels of the screen up to which a press is none of a drawing

/** Pointers that are down, by number: places on the screen. @type {Map<number, number[]>} */
const down = new Map();
let isPanning = false;
/** A candidate that is pressed: chosen by its release, unless a drawing begins. @type {{id: number, at: number[]}|null} */
let touched = null;

export function startPointer() {
  const canvas = $("stage");
  canvas.addEventListener("pointerdown", pressed);
  canvas.addEventListener("pointermove", moved);
  canvas.addEventListener("pointermove", pointAt);
  canvas.addEventListener("pointerleave", () => set({ pointed: null }));
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, lifted);
  canvas.addEventListener("contextmenu", (/** @type {Event} */ event) => event.preventDefault());
  canvas.addEventListener("wheel", (/** @type {WheelEvent} */ event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 20 : 1) * WHEEL), placeOn(event));
  }, { passive: false });
}

/** @param {MouseEvent} event @returns {number[]} pixels of the screen from the stage's corner */
function placeOn(event) {
  const { left, top } = $("stage").getBoundingClientRect();
  return [event.clientX - left, event.clientY - top];
}

/** @param {PointerEvent} event */
function pressed(event) {
  const at = placeOn(event);
  down.set(event.pointerId, at);
  $("stage").setPointerCapture(event.pointerId);
  setCursor(null);
  if (down.size > 1) {
    cancelDrawing();
    touched = null;
    isPanning = true;
    return;
  }
  isPanning = state.tool === "move" || state.mode === "view" || event.button === 1;
  if (isPanning || !isInside(placeOf(at))) return;
  const candidate = event.button ? undefined : candidateAt(placeOf(at));
  if (candidate) {
    touched = { id: candidate.id, at };
    return;
  }
  const isOther = event.button === 2 && ["add", "subtract"].includes(state.tool);
  if (event.button && !isOther) return;
  press(placeOf(at), isOther ? (state.tool === "add" ? "subtract" : "add") : state.tool);
}

/** @param {PointerEvent} event */
function moved(event) {
  const before = down.get(event.pointerId);
  if (!before) return;
  const at = placeOn(event);
  if (isPanning) {
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) pinch(before, at, other);
    else pan(at[0] - before[0], at[1] - before[1]);
  }
  down.set(event.pointerId, at);
  // Clicks choose a candidate; a box or a scribble may begin on one.
  if (touched && Math.hypot(at[0] - touched.at[0], at[1] - touched.at[1]) > STILL && ["box", "scribble"].includes(state.tool)) {
    press(placeOf(touched.at), state.tool);
    touched = null;
  }
  const held = drawn();
  // A box may end at the frame's border; a click must be in the frame.
  if (held && (held.draft.kind === "box" || isInside(placeOf(at)))) drag(clamped(placeOf(at)));
}

/** @param {number[]} before @param {number[]} at @param {number[]} other finger */
function pinch(before, at, other) {
  const apart = (/** @type {number[]} */ each) => Math.hypot(each[0] - other[0], each[1] - other[1]) || 1;
  const middle = [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2];
  zoom(apart(at) / apart(before), middle);
  pan((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
}

/** @param {PointerEvent} event */
function lifted(event) {
  down.delete(event.pointerId);
  if (touched && event.type === "pointerup") choose(touched.id);
  touched = null;
  if (event.type === "pointercancel") cancelDrawing();
  else if (!isPanning) release();
  if (!down.size) isPanning = false;
}

/** Which candidate is under the mouse. @param {PointerEvent} event */
function pointAt(event) {
  const candidate = down.size || event.pointerType === "touch" ? undefined : candidateAt(placeOf(placeOn(event)));
  $("stage").classList.toggle("on-candidate", Boolean(candidate));
  if (state.pointed !== (candidate?.id ?? null)) set({ pointed: candidate?.id ?? null });
}
