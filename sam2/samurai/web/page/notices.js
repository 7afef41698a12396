// Messages: errors stay until they are closed, others go by themselves.

import { isAborted, Problem } from "./api.js";
import { $, icon, make } from "./dom.js";

const SECONDS = 6;
const MOST = 4;

/** @param {string} text said by screen readers, not shown */
export function say(text) {
  $("live").textContent = text;
}

/**
 * @param {string} text
 * @param {{kind?: "info"|"error", stays?: boolean, action?: {name: string, run: () => void}}} [options]
 */
export function notify(text, { kind = "info", stays = kind === "error", action } = {}) {
  const box = $("notices");
  for (const old of [...box.children]) if (old.dataset.text === text) old.remove();
  while (box.children.length >= MOST) box.firstElementChild.remove();
  const close = make("button", { type: "button", class: "quiet", "aria-label": "Close message" }, icon("close"));
  const notice = make("div", { class: `notice ${kind}`, role: kind === "error" ? "alert" : "status" }, make("p", { text }));
  notice.dataset.text = text;
  if (action)
    notice.append(make("button", { type: "button", class: "small", text: action.name, onclick: () => {
      notice.remove();
      action.run();
    } }));
  close.addEventListener("click", () => notice.remove());
  notice.append(close);
  box.append(notice);
  if (!stays) setTimeout(() => notice.remove(), (action ? 2 : 1) * SECONDS * 1000);
}

/**
 * Say that something failed, in the server's words. A server that doesn't answer has its banner.
 * @param {unknown} error @param {string} what was tried
 * @param {() => void} [again] tries again
 */
export function failed(error, what, again) {
  if (isAborted(error) || (error instanceof Problem && error.status === 0)) return;
  const reason = error instanceof Error ? error.message : String(error);
  if (!(error instanceof Problem)) console.warn(error);
  notify(`${what}: ${reason}`, { kind: "error", action: again && { name: "Try again", run: again } });
}
