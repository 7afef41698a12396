// One line that says what to do next.

import { $ } from "./dom.js";
import { count } from "./spans.js";
import { objectOf, set, state, watch } from "./store.js";
import { TOOLS } from "./tools.js";

const SMALL = "The model is nano: boxes serve it better than clicks.";

/** @returns {string} */
function hint() {
  const { objects, run, tool, mode, found } = state;
  if (mode === "view") return run ? "Tracking is at work. This page only shows it." : "This page only shows what was tracked.";
  if (run) return run.own ? "Masks arrive as frames are tracked. A prompt is taken at once." : "Tracking is at work, started elsewhere.";
  if (found?.items.length) return "Choose candidates by a click, then keep, discard, merge or split them. Escape discards all.";
  const how = TOOLS[tool]?.hint ?? "Drag the picture; zoom with the wheel or two fingers.";
  if (!objects.length) return `${how} ${String(state.health?.model).startsWith("nano") ? SMALL : ""}`;
  const object = objectOf(state.selected);
  if (!object) return `${how} It becomes a new object.`;
  if (mode === "pick") return `${how} Save when all objects are marked.`;
  if (count(object.stale) && !object.done.some((/** @type {number[]} */ [first, last]) => last > first))
    return `${object.name} is marked. Track it forward, or mark another object with New.`;
  if (count(object.stale)) return "Track again: only what changed is computed.";
  return `Is a mask wrong? Correct ${object.name} in that frame, then track again.`;
}

export function startHint() {
  watch(["objects", "run", "tool", "mode", "selected", "health", "phase", "found"], () => {
    const text = hint();
    if ($("hint").textContent !== text) $("hint").textContent = text;
  });
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-tool]")))
    button.addEventListener("click", () => set({ tool: button.dataset.tool }));
  watch(["tool"], () => {
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-tool]")))
      button.setAttribute("aria-pressed", String(button.dataset.tool === state.tool));
    $("stage").dataset.tool = state.tool;
  });
}
