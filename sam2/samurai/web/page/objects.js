// The list of objects: names, colors, what is shown, deletion.

import { $, icon, make, setIcon } from "./dom.js";
import { changeObject, clearFrame, entryOf, removeObject } from "./prompts.js";
import { isEmpty } from "./entries.js";
import { count } from "./spans.js";
import { set, state, watch } from "./store.js";
import { say } from "./notices.js";

export function startObjects() {
  $("object-new").addEventListener("click", newObject);
  $("clear-frame").addEventListener("click", () => clearFrame(state.shown));
  $("opacity").addEventListener("input", () => set({ opacity: Number($("opacity").value) / 100 }));
  $("contour").addEventListener("change", () => set({ contour: $("contour").checked }));
  watch(["contour", "opacity"], () => {
    $("contour").checked = state.contour;
    $("opacity").disabled = state.contour;
    $("opacity").value = String(Math.round(state.opacity * 100));
  });
  watch(["objects", "mode", "length"], build);
  watch(["objects", "selected", "hidden", "mode", "phase"], refreshRows);
  watch(["selected", "shown", "busy", "mode"], () => {
    $("clear-frame").disabled = state.selected === null || isEmpty(entryOf(state.selected, state.shown));
    $("objects-actions").hidden = state.mode === "view";
    $("object-new").hidden = state.mode === "view";
  });
}

/** The next prompt makes a new object. */
export function newObject() {
  set({ selected: null });
  say("The next prompt makes a new object");
}

/** @param {number} step select the object before (-1) or after (1) */
export function selectNext(step) {
  const { objects, selected } = state;
  if (!objects.length) return;
  const at = objects.findIndex((each) => each.object_id === selected);
  const next = objects[(at + step + objects.length) % objects.length];
  set({ selected: next.object_id });
  say(`${next.name} selected`);
}

/** @param {number} id show or hide an object's masks */
export function toggle(id) {
  const hidden = new Set(state.hidden);
  if (!hidden.delete(id)) hidden.add(id);
  set({ hidden });
}

function build() {
  const list = $("objects");
  const active = document.activeElement;
  // A name that is being typed isn't taken away.
  if (list.contains(active) && active?.matches("input.name")) return;
  const key = /** @type {HTMLElement|null} */ (active)?.dataset?.focus;
  list.replaceChildren(...state.objects.map(row));
  if (key) list.querySelector(`[data-focus="${key}"]`)?.focus();
}

function refreshRows() {
  const list = $("objects");
  list.querySelector(".pending")?.remove();
  if (state.selected === null && state.mode !== "view" && state.phase === "work") list.append(pending());
  for (const item of /** @type {HTMLElement[]} */ ([...list.children])) {
    const object = state.objects.find((each) => String(each.object_id) === item.dataset.object);
    if (!object) continue;
    item.classList.toggle("selected", object.object_id === state.selected);
    item.querySelector(".choose")?.setAttribute("aria-pressed", String(object.object_id === state.selected));
    const hidden = state.hidden.has(object.object_id);
    const eye = /** @type {Element} */ (item.querySelector(".eye"));
    eye.setAttribute("aria-pressed", String(!hidden));
    setIcon(eye, hidden ? "hidden" : "eye");
    const text = /** @type {Element} */ (item.querySelector(".state"));
    text.textContent = stateOf(object);
  }
}

/** @param {any} object @returns {string} */
function stateOf(object) {
  const prompts = object.prompts.length;
  const stale = count(object.stale);
  const said = `${prompts} ${prompts === 1 ? "prompt" : "prompts"}`;
  return stale ? `${said}, ${stale} to track` : `${said}, all tracked`;
}

/** @param {any} object */
function row(object) {
  const { object_id: id, name, color } = object;
  const readOnly = state.mode === "view";
  const field = make("input", {
    class: "name", value: name, maxlength: 64, "aria-label": `Name of ${name}`, readonly: readOnly, "data-focus": `name${id}`,
    onfocus: () => set({ selected: id }),
    onchange: () => (field.value.trim() ? changeObject(id, { name: field.value.trim() }) : (field.value = name)),
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter") field.blur();
      if (event.key === "Escape") {
        field.value = name;
        field.blur();
      }
    },
  });
  const swatch = make("input", {
    type: "color", value: color, "aria-label": `Color of ${name}`, disabled: readOnly, "data-focus": `color${id}`,
    onchange: () => changeObject(id, { color: swatch.value }),
  });
  const item = make("li", { onclick: () => set({ selected: id }) }, swatch, field,
    make("button", { type: "button", class: "quiet eye", "aria-label": `Show ${name}`, "data-focus": `eye${id}`, onclick: (/** @type {Event} */ event) => {
      event.stopPropagation();
      toggle(id);
    } }, icon("eye")),
    ...(readOnly ? [] : [make("button", { type: "button", class: "quiet", "aria-label": `Delete ${name}`, "data-focus": `delete${id}`, onclick: (/** @type {Event} */ event) => {
      event.stopPropagation();
      removeObject(id);
    } }, icon("delete"))]),
    make("button", { type: "button", class: "state faint choose", "data-focus": `choose${id}`, "aria-label": `Select ${name}, ${stateOf(object)}` }));
  item.dataset.object = String(id);
  return item;
}

/** The row of an object that the next prompt makes. */
function pending() {
  return make("li", { class: "selected pending" }, make("i", { class: "dot" }),
    make("span", { text: state.objects.length ? "New object" : "First object" }),
    make("span", { class: "state faint", text: "mark it in the video" }));
}
