// The first screen: drop or choose a video, the sample, what is on the server already.

import { api, isAborted, request } from "./api.js";
import { $, icon, make } from "./dom.js";
import { failed, notify } from "./notices.js";
import { openSession, openVideo } from "./session.js";
import { set, state, watch } from "./store.js";
import { clock } from "./transport.js";
import { filesOf, upload } from "./upload.js";

const SHOWN = 12;

/** @type {AbortController|null} */
let sending = null;
/** Addresses of posters, to free. @type {string[]} */
let posters = [];

export function startStart() {
  $("choose").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", () => {
    send([...$("file").files]);
    $("file").value = "";
  });
  $("sample").addEventListener("click", sample);
  $("uploading-stop").addEventListener("click", () => sending?.abort());
  for (const name of ["dragover", "dragleave", "drop"]) document.addEventListener(name, dragged);
  watch(["phase"], () => {
    document.body.dataset.phase = state.phase;
    $("drop").hidden = state.phase === "upload";
    $("uploading").hidden = state.phase !== "upload";
    if (state.phase === "start") recent();
    else $("recent").hidden = true;
  });
}

/** @param {any} event */
async function dragged(event) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  const open = state.phase === "start" && state.mode === "edit";
  event.dataTransfer.dropEffect = open ? "copy" : "none";
  $("drop").classList.toggle("over", open && event.type === "dragover");
  if (event.type !== "drop") return;
  if (!open) return notify("Close this video first: samurai, at the top left.");
  send(await filesOf(event.dataTransfer));
}

/** @param {File[]} files */
async function send(files) {
  if (!files.length) return notify("There is no video and no image in what was dropped.", { kind: "error" });
  const name = files.length > 1 ? `${files.length} images` : files[0].name;
  await opening(name, async (signal) => upload(files, sent, signal), () => send(files));
}

const sample = () => opening("The sample", async () => (await api.sample()).video, sample);

/** @param {string} name @param {(signal: AbortSignal) => Promise<any>} get the video @param {() => void} again */
async function opening(name, get, again) {
  sending = new AbortController();
  $("uploading-name").textContent = name;
  $("uploading-bar").removeAttribute("value");
  $("uploading-text").textContent = "";
  set({ phase: "upload" });
  try {
    const video = await get(sending.signal);
    $("uploading-text").textContent = "Making a session";
    await openVideo(video);
    for (const warning of video.warnings ?? []) notify(warning);
  } catch (error) {
    set({ phase: "start" });
    if (!isAborted(error)) failed(error, name, again);
  }
}

/** @param {number} part sent, 0 to 1 */
function sent(part) {
  $("uploading-bar").value = part;
  $("uploading-text").textContent = part < 1 ? `${Math.round(part * 100)} % sent` : "The server looks at it";
  if (part >= 1) $("uploading-bar").removeAttribute("value");
}

/** Show videos and sessions that are on the server. */
async function recent() {
  let videos;
  let sessions;
  try {
    [videos, sessions] = await Promise.all([api.videos(), api.sessions()]);
  } catch (error) {
    return failed(error, "The list of videos");
  }
  for (const address of posters) URL.revokeObjectURL(address);
  posters = [];
  const items = videos.items.slice(0, SHOWN);
  $("recent").hidden = state.phase !== "start" || !items.length;
  $("recent-list").replaceChildren(...items.map((/** @type {any} */ video) => card(video, sessions.items.filter((/** @type {any} */ each) => each.video_id === video.id))));
}

/** @param {any} video @param {any[]} sessions on it */
function card(video, sessions) {
  const picture = make("img", { alt: "", class: "poster" });
  poster(video.id, picture);
  const newest = sessions[0];
  const open = () => (newest ? openSession(newest.session_id) : openVideo(video)).catch((error) => failed(error, video.filename, open));
  const objects = newest?.objects.length ?? 0;
  const length = video.frame_count ? `${video.frame_count} frames` : clock(video.duration_sec ?? 0);
  return make("li", {},
    make("button", { type: "button", class: "choice", onclick: open }, picture,
      make("strong", { class: "filename", text: video.filename }),
      make("span", { class: "faint", text: `${video.width}×${video.height}, ${length}${objects ? `, ${objects} ${objects === 1 ? "object" : "objects"}` : ""}` })),
    make("button", { type: "button", class: "quiet remove", "aria-label": `Delete ${video.filename}`, onclick: () => remove(video, sessions) }, icon("delete")));
}

/** @param {string} id @param {HTMLImageElement} picture */
async function poster(id, picture) {
  try {
    const response = await request("GET", api.posterPath(id));
    picture.src = URL.createObjectURL(await response.blob());
    posters.push(picture.src);
  } catch {
    picture.removeAttribute("src");
  }
}

/** @param {any} video @param {any[]} sessions */
async function remove(video, sessions) {
  try {
    for (const each of sessions) await api.closeSession(each.session_id);
    await api.deleteVideo(video.id);
    notify(`${video.filename} is deleted.`);
    await recent();
  } catch (error) {
    failed(error, `Deleting ${video.filename}`);
  }
}
