// An object's prompts in one frame, and the requests that turn one state of them into another.

/** @typedef {{x: number, y: number, label: number}} Click */
/** @typedef {{points: number[][], label: number}} Stroke */
/** @typedef {{box: number[]|null, clicks: Click[], strokes: Stroke[], mask: any}} Entry
 *  `mask` is a run-length code, or true where only the server has it */
/** @typedef {{kind: "points"|"box"|"mask"|"stroke"|"clear"|"remove", body: any}} Request */

/** @returns {Entry} */
export const empty = () => ({ box: null, clicks: [], strokes: [], mask: null });

/** @param {Entry|undefined} entry */
export const isEmpty = (entry) =>
  !entry || !(entry.box || entry.mask || entry.clicks.length || entry.strokes.length);

/** @param {any} view a PromptView @returns {Entry} */
export const entryOfView = (view) => ({
  box: view.box ?? null,
  clicks: (view.points ?? []).map((/** @type {number[]} */ [x, y], /** @type {number} */ at) => ({ x, y, label: view.labels?.[at] ?? 1 })),
  strokes: [],
  mask: view.has_mask || null,
});

/**
 * @param {number} object its number @param {Entry} from @param {Entry} to
 * @param {boolean} alone whether the object has prompts in no other frame
 * @returns {Request[]} in order
 */
export function requestsFor(object, from, to, alone) {
  if (isEmpty(to)) return isEmpty(from) ? [] : [{ kind: alone ? "remove" : "clear", body: { object_id: object } }];
  const added = additions(from, to);
  return prompts(object, added ?? to, added !== null && !isEmpty(from));
}

/** @param {Entry} from @param {Entry} to @returns {Entry|null} what is new; null where something is gone */
function additions(from, to) {
  if (from.mask !== to.mask || String(from.box) !== String(to.box)) return null;
  const extends_ = (/** @type {any[]} */ before, /** @type {any[]} */ after) =>
    before.length <= after.length && before.every((each, at) => each === after[at]);
  if (!extends_(from.clicks, to.clicks) || !extends_(from.strokes, to.strokes)) return null;
  return { box: null, mask: null, clicks: to.clicks.slice(from.clicks.length), strokes: to.strokes.slice(from.strokes.length) };
}

/** @param {number} object @param {Entry} entry @param {boolean} add to what is there @returns {Request[]} */
function prompts(object, { box, mask, clicks, strokes }, add) {
  /** @type {Request[]} */
  const found = [];
  const clear = () => !add && !found.length;
  if (mask && mask !== true) found.push({ kind: "mask", body: { object_id: object, mask } });
  if (box) found.push({ kind: "box", body: { object_id: object, box } });
  if (clicks.length)
    found.push({ kind: "points", body: {
      object_id: object, points: clicks.map(({ x, y }) => [x, y]), labels: clicks.map(({ label }) => label), clear_old_points: clear(),
    } });
  for (const { points, label } of strokes)
    found.push({ kind: "stroke", body: { object_id: object, points, label, clear_old_points: clear() } });
  return found;
}

/** @param {number[]} a x1, y1, x2, y2 @param {number[]} b @returns {number} intersection over union */
export function overlap(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = (/** @type {number[]} */ box) => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / (area(a) + area(b) - width * height);
}
