// Confidence and absences of objects over all frames, for the timeline.

import { state } from "./store.js";

/** @typedef {{scores: Float32Array, absent: Uint8Array}} Track  scores are NaN where there is none */

/** @type {Map<number, Track>} */
const tracks = new Map();
/** @type {() => void} */
let changed = () => {};

/** @param {() => void} call after a track changed */
export function onTracks(call) {
  changed = call;
}

export function forgetTracks() {
  tracks.clear();
  changed();
}

/** @param {number} object @returns {Track} */
export function trackOf(object) {
  let track = tracks.get(object);
  if (!track || track.scores.length !== state.length) {
    track = { scores: new Float32Array(state.length).fill(NaN), absent: new Uint8Array(state.length) };
    tracks.set(object, track);
  }
  return track;
}

/** @param {Promise<any>} timeline the server's Timeline */
export async function takeTimeline(timeline) {
  const { start, objects } = await timeline;
  tracks.clear();
  for (const { object_id: id, scores, absent } of objects) {
    const track = trackOf(id);
    scores.forEach((/** @type {number|null} */ score, /** @type {number} */ at) => {
      track.scores[start + at] = score ?? NaN;
      track.absent[start + at] = absent[at] ? 1 : 0;
    });
  }
  changed();
}

/** @param {any} line a FrameAnswer of a run */
export function takeLine(line) {
  for (const { object_id: id, score, absent } of line.objects) {
    const track = trackOf(id);
    if (line.frame_index >= track.scores.length) continue;
    track.scores[line.frame_index] = score ?? (absent ? 0 : 1);
    track.absent[line.frame_index] = absent ? 1 : 0;
  }
  changed();
}
