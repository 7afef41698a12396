// The menu of exports. The server writes the file, and the browser saves it.

import { api } from "./api.js";
import { $, make } from "./dom.js";
import { failed, notify } from "./notices.js";
import { count } from "./spans.js";
import { state, watch } from "./store.js";

/** Names of `samurai track`'s formats, what they are called here, what is in them, ends of files. */
export const FORMATS = [
  ["mp4", "Video, MP4", "the video with masks, boxes and names drawn on it", "mp4"],
  ["webm", "Video, WebM", "the same for programs that prefer VP9", "webm"],
  ["masks", "Mask images", "a folder per object, a black and white PNG per frame", "zip"],
  ["davis", "DAVIS", "palette PNGs, one per frame; up to 255 objects", "zip"],
  ["coco", "COCO", "JSON with run-length encoded masks", "json"],
  ["ytvis", "YouTube-VIS", "JSON, one annotation per object", "json"],
  ["jsonl", "JSON lines", "a line per object and frame, with box and mask", "jsonl"],
  ["csv", "CSV", "a table of boxes, a row per object and frame", "csv"],
  ["mot", "MOTChallenge", "a text of boxes; frames count from 1", "txt"],
  ["mots", "MOTS", "a text of masks; frames count from 1", "txt"],
  ["vot", "VOT", "a groundtruth.txt per object, with masks", "zip"],
  ["vot-file", "VOT, one object", "one groundtruth.txt, with masks", "txt"],
  ["yolo", "YOLO boxes", "a text per frame: class, box and number", "zip"],
  ["yolo-seg", "YOLO outlines", "a text per frame: class and outline", "zip"],
  ["cvat", "CVAT boxes", "CVAT for video 1.1, tracks of boxes", "xml"],
  ["cvat-masks", "CVAT masks", "CVAT for video 1.1, a mask per frame", "xml"],
];

/** Formats on their way. @type {Set<string>} */
const busy = new Set();

export function startExport() {
  $("export-open").addEventListener("click", openExport);
  $("export-list").replaceChildren(...FORMATS.map(([name, title, text, suffix]) =>
    make("li", {}, make("button", { type: "button", class: "choice", "data-format": name, onclick: () => save(name, title, suffix) },
      make("strong", { text: title }), make("span", { class: "faint", text })))));
  watch(["objects", "mode"], () => {
    $("export-open").disabled = !state.objects.length;
    $("export-open").hidden = state.mode === "pick";
  });
}

export function openExport() {
  if (!state.objects.length || state.mode === "pick") return;
  const stale = state.objects.reduce((sum, each) => sum + count(each.stale), 0);
  const note = $("export-note");
  note.hidden = !stale;
  note.textContent = "Some frames aren't tracked yet; the export has the others.";
  $("export").showModal();
}

/** @param {string} format @param {string} title @param {string} suffix */
async function save(format, title, suffix) {
  if (busy.has(format) || !state.session) return;
  busy.add(format);
  mark();
  try {
    const response = await api.exported(state.session, format);
    const name = nameOf(response) ?? `${(state.video?.filename ?? "video").replace(/\.[^.]*$/, "")}.${suffix}`;
    const link = make("a", { href: URL.createObjectURL(await response.blob()), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    $("export").close();
    notify(`${title} is saved as ${name}.`);
  } catch (error) {
    $("export").close();
    failed(error, `Export as ${title}`);
  } finally {
    busy.delete(format);
    mark();
  }
}

function mark() {
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-format]"))) {
    const on = busy.has(button.dataset.format ?? "");
    button.disabled = on;
    button.classList.toggle("busy", on);
  }
}

/** @param {Response} response @returns {string|null} the file's name as the server says it */
function nameOf(response) {
  const header = response.headers.get("Content-Disposition") ?? "";
  const encoded = /filename\*=utf-8''([^;]+)/i.exec(header)?.[1];
  try {
    return encoded ? decodeURIComponent(encoded) : /filename="?([^";]+)"?/i.exec(header)?.[1] ?? null;
  } catch {
    return null;
  }
}
