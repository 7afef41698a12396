// The stage: the shown frame with masks and prompts. Masks are those of the frame that is shown.

import { answersOf, loadAnswers, onAnswers } from "./answers.js";
import { $, oncePerPicture } from "./dom.js";
import { drawnAt, shownImage } from "./frames.js";
import { paintMask } from "./masks.js";
import { paintCross, paintDraft, paintPrompts } from "./marks.js";
import { onPreview, previewOf } from "./preview.js";
import { entryOf, targetOfBox } from "./prompts.js";
import { state, watch } from "./store.js";
import { boxOf, cancelDrawing, drawn, onDraft } from "./tools.js";
import { fitted, moved, toFrame, zoomed } from "./view.js";

const ACCENT = "#ffffff"; // of what has no object yet
const LINE = 2; // pixels of the screen

/** @type {HTMLCanvasElement} */
const canvas = $("stage");
const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
/** @type {import("./view.js").View} */
let view = { scale: 1, x: 0, y: 0 };
let isFitted = true;
/** @type {number[]|null} the keyboard's cursor, in pixels of the frame */
let cursor = null;

const stageSize = () => [canvas.clientWidth, canvas.clientHeight];
export const frameSize = () => [state.video?.width ?? 1, state.video?.height ?? 1];
export const draw = oncePerPicture(paint);

/** @param {number[]} at of the screen, from the stage's corner @returns {number[]} pixels of the frame */
export const placeOf = (at) => toFrame(view, at);

/** @param {number[]} at @returns {boolean} whether a place of the frame is in it */
export const isInside = ([x, y]) => x >= 0 && y >= 0 && x < frameSize()[0] && y < frameSize()[1];

/** @param {number[]} at @returns {number[]} the nearest place in the frame */
export const clamped = ([x, y]) => [
  Math.min(Math.max(x, 0), frameSize()[0]), Math.min(Math.max(y, 0), frameSize()[1]),
];

/** @param {number} factor @param {number[]} [at] of the screen; absent: the middle */
export function zoom(factor, at = stageSize().map((side) => side / 2)) {
  view = zoomed(view, at, factor, stageSize(), frameSize());
  isFitted = view.scale <= fitted(stageSize(), frameSize()).scale * 1.001;
  sharpen();
}

export function fit() {
  isFitted = true;
  resize();
}

/** @param {number} dx @param {number} dy pixels of the screen */
export function pan(dx, dy) {
  view = moved(view, dx, dy, stageSize(), frameSize());
  draw();
}

/** @returns {number[]|null} */
export const cursorOf = () => cursor;

/** @param {number[]|null} at */
export function setCursor(at) {
  cursor = at && clamped(at);
  draw();
}

function sharpen() {
  drawnAt(frameSize()[0] * view.scale * devicePixelRatio);
  draw();
}

function resize() {
  const [width, height] = stageSize();
  if (!width || !height) return;
  canvas.width = Math.round(width * devicePixelRatio);
  canvas.height = Math.round(height * devicePixelRatio);
  view = isFitted ? fitted([width, height], frameSize()) : moved(view, 0, 0, [width, height], frameSize());
  sharpen();
}

export function startStage() {
  new ResizeObserver(resize).observe(canvas);
  watch(["video"], () => {
    $("work").style.setProperty("--aspect", `${frameSize()[0]} / ${frameSize()[1]}`);
    fit();
  });
  watch(["shown"], () => {
    if (drawn() && drawn()?.frame !== state.shown) cancelDrawing();
    loadAnswers(state.shown);
    canvas.dataset.shown = String(state.shown);
    canvas.setAttribute("aria-label", state.shown < 0 ? "Video" : `Frame ${state.shown} of the video`);
    draw();
  });
  watch(["objects", "hidden", "opacity", "contour", "selected", "busy", "phase", "mode", "found", "chosen", "pointed"], draw);
  for (const when of [onAnswers, onPreview, onDraft]) when(draw);
}

function paint() {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  const image = shownImage();
  if (!image) return;
  const ratio = devicePixelRatio;
  context.setTransform(view.scale * ratio, 0, 0, view.scale * ratio, view.x * ratio, view.y * ratio);
  const [width, height] = frameSize();
  context.imageSmoothingEnabled = view.scale * ratio < 3;
  context.drawImage(image, 0, 0, width, height);
  context.save();
  context.beginPath();
  context.rect(0, 0, width, height);
  context.clip();
  paintMasks();
  paintFound();
  const held = drawn();
  const pixel = 1 / view.scale;
  if (state.mode !== "view")
    for (const object of state.objects)
      if (!state.hidden.has(object.object_id))
        paintPrompts(context, entryOf(object.object_id, state.shown), object.color, pixel, object.object_id === state.selected);
  context.restore();
  if (held?.frame === state.shown) paintDraft(context, held.draft, colorOfDraft(), pixel);
  if (cursor && document.activeElement === canvas) paintCross(context, cursor, pixel);
}

/** That of the object which the drawing is for. @returns {string} */
function colorOfDraft() {
  const held = drawn();
  const object = held?.draft.kind === "box" ? targetOfBox(held.frame, boxOf(held.draft.points)) : state.selected;
  return state.objects.find((each) => each.object_id === object)?.color ?? ACCENT;
}

function paintMasks() {
  const line = LINE / view.scale;
  const preview = previewOf(state.shown);
  const answers = answersOf(state.shown);
  // Other clients may see fewer masks than the frame has: what is painted is told to tests and tools.
  canvas.dataset.masks = answers.filter((each) => each.mask && !state.hidden.has(each.object_id)).map((each) => each.object_id).join(" ");
  for (const { object_id: id, mask } of answers) {
    const object = state.objects.find((each) => each.object_id === id);
    if (!mask || state.hidden.has(id) || (preview && drawn() && id === state.selected && drawn()?.draft.kind !== "box")) continue;
    paintMask(context, mask, object?.color ?? ACCENT, { opacity: state.opacity, contour: state.contour, line });
  }
  canvas.dataset.preview = preview ? "yes" : "";
  if (preview) paintMask(context, preview, colorOfDraft(), { opacity: state.opacity * 0.7, contour: state.contour, line, dashed: true });
}

/** Candidates are dashed, those that are chosen are not. */
function paintFound() {
  const found = state.found?.frame === state.shown ? state.found.items : [];
  canvas.dataset.found = found.map((each) => each.id).join(" ");
  for (const { id, mask, color } of found) {
    const isChosen = state.chosen.has(id);
    const line = (LINE * (isChosen || id === state.pointed ? 1.5 : 1)) / view.scale;
    const opacity = state.opacity * (isChosen ? 1.3 : 0.7);
    paintMask(context, mask, color, { opacity: Math.min(1, opacity), contour: state.contour, line, dashed: !isChosen });
  }
}
