// Sending a video or images to the server, with progress.

import { Problem, routeOf, words } from "./api.js";

/**
 * @param {File[]} files one video, or images
 * @param {(part: number) => void} progress 0 to 1
 * @param {AbortSignal} signal
 * @returns {Promise<any>} the server's Video
 */
export function upload(files, progress, signal) {
  const images = files.length > 1 || files[0].type.startsWith("image/");
  const form = new FormData();
  for (const file of files) form.append(images ? "files" : "file", file, file.name);
  // fetch doesn't tell how much was sent.
  const request = new XMLHttpRequest();
  request.open("POST", routeOf(images ? "videos/upload-frames" : "videos/upload"));
  request.responseType = "json";
  return new Promise((done, fail) => {
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () =>
      request.status < 300 ? done(request.response.video) : fail(new Problem(words(request.response, request.status), request.status));
    request.onerror = () => fail(new Problem("the connection broke off: is the server still running? Is the file too large for it?", -1));
    request.onabort = () => fail(new DOMException("given up", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/**
 * The files of a drop; those of a dropped folder, in natural order.
 * @param {DataTransfer} dropped
 * @returns {Promise<File[]>}
 */
export async function filesOf(dropped) {
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry?.isDirectory)) return [...dropped.files];
  const found = [];
  for (const entry of entries) found.push(...(await inside(/** @type {any} */ (entry))));
  const order = new Intl.Collator("en", { numeric: true });
  return found.filter((file) => file.type.startsWith("image/")).sort((a, b) => order.compare(a.name, b.name));
}

/** @param {any} entry of a file system @returns {Promise<File[]>} */
async function inside(entry) {
  if (entry.isFile) return [await new Promise((done, fail) => entry.file(done, fail))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    // A reader gives a part of a folder at a time.
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return found;
    for (const each of some) if (each.isFile) found.push(...(await inside(each)));
  }
}
