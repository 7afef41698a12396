// A lane per object: prompts, what is tracked and how surely, absences, what is still to track.

import { $, make, oncePerPicture } from "./dom.js";
import { show } from "./frames.js";
import { count, promptedFrames, within } from "./spans.js";
import { set, state, watch } from "./store.js";
import { onTracks, trackOf } from "./tracks.js";

const LOW = 0.5; // confidence under which a frame is worth a look
const MARK = 5; // half of a prompt's mark, CSS pixels

const draw = oncePerPicture(paintAll);

export function startTimeline() {
  watch(["objects", "length"], build);
  watch(["shown", "selected", "hidden", "run", "phase"], draw);
  onTracks(draw);
  new ResizeObserver(draw).observe($("lanes"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  const scrub = $("scrub");
  scrub.addEventListener("input", () => seek(Number(scrub.value)));
  watch(["length"], () => (scrub.max = String(Math.max(0, state.length - 1))));
  watch(["wanted"], () => {
    scrub.value = String(state.wanted);
    scrub.setAttribute("aria-valuetext", `frame ${state.wanted} of ${state.length}`);
  });
}

/** Go to a frame because a person asked. @param {number} frame */
export function seek(frame) {
  set({ follow: false, playing: false });
  return show(frame);
}

function build() {
  const lanes = $("lanes");
  const rows = new Map([...lanes.children].map((row) => [row.dataset.object, row]));
  lanes.replaceChildren(...state.objects.map((object) => {
    const row = rows.get(String(object.object_id)) ?? lane(object.object_id);
    row.querySelector(".name").textContent = object.name;
    row.querySelector(".dot").style.setProperty("--color", object.color);
    row.querySelector("canvas").setAttribute("aria-label", description(object));
    return row;
  }));
  draw();
}

/** @param {number} id of an object */
function lane(id) {
  const canvas = make("canvas", { role: "img" });
  const row = make("li", {},
    make("button", { type: "button", class: "quiet lane-name", onclick: () => set({ selected: id }) }, make("i", { class: "dot" }), make("span", { class: "name" })),
    canvas);
  row.dataset.object = String(id);
  const go = (/** @type {PointerEvent} */ event) => seek(frameAt(event, canvas));
  canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    canvas.setPointerCapture(event.pointerId);
    set({ selected: id });
    go(event);
  });
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => event.buttons && go(event));
  return row;
}

/** @param {PointerEvent} event @param {HTMLElement} canvas @returns {number} a frame; prompts near it are hit */
function frameAt(event, canvas) {
  const { left, width } = canvas.getBoundingClientRect();
  const frame = Math.min(state.length - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * state.length)));
  const object = state.objects.find((each) => String(each.object_id) === canvas.parentElement?.dataset.object);
  const near = (MARK / width) * state.length;
  return promptedFrames(object ?? { prompts: [] }).find((each) => Math.abs(each - frame) <= near) ?? frame;
}

/** @param {any} object @returns {string} the lane in words */
function description(object) {
  const prompts = promptedFrames(object);
  const { absent } = trackOf(object.object_id);
  const missing = absent.reduce((sum, each) => sum + each, 0);
  return [
    `${object.name}: prompts in ${prompts.length === 1 ? "frame" : "frames"} ${prompts.join(", ")}`,
    `${count(object.done)} of ${state.length} frames tracked`,
    `${count(object.stale)} to track`,
    missing ? `not seen in ${missing}` : "",
  ].filter(Boolean).join("; ");
}

function paintAll() {
  if (state.phase !== "work") return;
  const style = getComputedStyle(document.body);
  const colors = Object.fromEntries(["text", "line", "faint", "lane", "less"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  for (const row of /** @type {HTMLElement[]} */ ([...$("lanes").children])) {
    const object = state.objects.find((each) => String(each.object_id) === row.dataset.object);
    if (!object) continue;
    row.classList.toggle("selected", object.object_id === state.selected);
    paintLane(/** @type {HTMLCanvasElement} */ (row.querySelector("canvas")), object, colors);
  }
}

/** @param {HTMLCanvasElement} canvas @param {any} object @param {Record<string, string>} colors */
function paintLane(canvas, object, colors) {
  const [width, height, ratio] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio];
  if (!width || !state.length) return;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const { scores, absent } = trackOf(object.object_id);
  const step = width / state.length;
  for (let x = 0; x < width; ) {
    const first = Math.floor(x / step);
    const end = Math.max(first + 1, Math.floor((x + 1) / step));
    const right = Math.min(width, Math.max(x + 1, Math.round(end * step)));
    paintFrames(context, object, { scores, absent, first, end, x, right, height, colors });
    x = right;
  }
  paintHead(context, step, height, colors);
  for (const frame of promptedFrames(object)) paintPrompt(context, (frame + 0.5) * step, height, object.color, colors.text);
}

/** @param {CanvasRenderingContext2D} context @param {any} object @param {any} part the frames from `first` to `end`, from `x` to `right` */
function paintFrames(context, object, { scores, absent, first, end, x, right, height, colors }) {
  let [least, missing, known, stale] = [1, false, false, false];
  for (let n = first; n < end && n < state.length; n++) {
    stale ||= within(object.stale, n) && Number.isNaN(scores[n]);
    if (!Number.isNaN(scores[n]) && (within(object.done, n) || state.run)) [known, least] = [true, Math.min(least, scores[n])];
    missing ||= Boolean(absent[n]);
  }
  context.fillStyle = colors.lane;
  context.fillRect(x, 2, right - x, height - 4);
  if (missing) {
    context.fillStyle = colors.less;
    context.fillRect(x, height - 5, right - x, 3);
  } else if (known) {
    const tall = (height - 4) * (0.2 + 0.8 * least);
    context.fillStyle = object.color;
    context.globalAlpha = state.hidden.has(object.object_id) ? 0.4 : 0.85;
    context.fillRect(x, height - 2 - tall, right - x, tall);
    context.globalAlpha = 1;
  } else if (stale) {
    context.fillStyle = colors.faint;
    for (let at = Math.ceil(x / 6) * 6; at < right; at += 6) context.fillRect(at, height / 2 - 1, 3, 2);
  }
}

/** @param {CanvasRenderingContext2D} context @param {number} step @param {number} height @param {Record<string, string>} colors */
function paintHead(context, step, height, colors) {
  if (state.shown < 0) return;
  context.fillStyle = colors.text;
  context.fillRect((state.shown + 0.5) * step - 1, 0, 2, height);
  if (!state.run || state.run.frame < 0) return;
  context.globalAlpha = 0.5;
  context.fillRect((state.run.frame + 0.5) * step - 1, 0, 2, height);
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} height @param {string} color @param {string} edge */
function paintPrompt(context, x, height, color, edge) {
  context.beginPath();
  context.moveTo(x, height / 2 - MARK - 1);
  context.lineTo(x + MARK, height / 2);
  context.lineTo(x, height / 2 + MARK + 1);
  context.lineTo(x - MARK, height / 2);
  context.closePath();
  context.fillStyle = color;
  context.strokeStyle = edge;
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
}

/** @param {number} n @returns {boolean} whether any object is unsure, not seen, or stale after tracking, in a frame */
export const isDoubtful = (n) =>
  state.objects.some((object) => {
    const { scores, absent } = trackOf(object.object_id);
    if (absent[n] || scores[n] < LOW) return true;
    return Number.isNaN(scores[n]) && object.done.length > 0 && within(object.stale, n);
  });
