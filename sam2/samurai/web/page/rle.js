// Masks as COCO's compressed run-length code. A mask is runs of pixels, column by column, that begin
// with background. From the fourth run on the code has differences to the run two before. A number
// is letters of five bits, the lowest first: code 48 and up, 32 more says that another letter
// follows, bit 16 of the last one is the sign.

/** @typedef {{size: number[], counts: string}} Rle */
/** @typedef {{x: number, y: number, width: number, height: number, pixels: Uint8Array}} Bitmap
 *  the mask's bounding box and its pixels, row by row, 1 on the object */

/**
 * The lengths of the runs.
 * @param {Rle} rle
 * @returns {number[]}
 */
export function runsOf({ size: [height, width], counts }) {
  const runs = [];
  let total = 0;
  for (let at = 0; at < counts.length; ) {
    let value = 0;
    let shift = 0;
    let letter;
    do {
      letter = counts.charCodeAt(at++) - 48;
      value |= (letter & 31) << shift;
      shift += 5;
    } while (letter & 32 && at < counts.length);
    if (letter & 16 && shift < 32) value |= -1 << shift;
    if (runs.length > 2) value += runs[runs.length - 2];
    runs.push(value);
    total += value;
  }
  if (total !== height * width || runs.some((run) => run < 0))
    throw new Error(`the runs of a mask fill ${total} pixels of ${width}x${height}`);
  return runs;
}

/**
 * @param {Rle} rle
 * @returns {Bitmap|null} null for an empty mask
 */
export function bitmapOf(rle) {
  const height = rle.size[0];
  const runs = runsOf(rle);
  const box = boxOf(runs, height);
  if (!box) return null;
  const pixels = new Uint8Array(box.width * box.height);
  let at = 0;
  for (let place = 0; place < runs.length; place++) {
    const end = at + runs[place];
    if (place % 2)
      for (let pixel = at; pixel < end; pixel++) {
        const column = Math.floor(pixel / height);
        pixels[(pixel - column * height - box.y) * box.width + column - box.x] = 1;
      }
    at = end;
  }
  return { ...box, pixels };
}

/** @param {number[]} runs @param {number} height */
function boxOf(runs, height) {
  let left = Infinity;
  let right = -1;
  let top = Infinity;
  let bottom = -1;
  let at = 0;
  for (let place = 0; place < runs.length; place++) {
    const last = at + runs[place] - 1;
    if (place % 2 && runs[place]) {
      const from = Math.floor(at / height);
      const to = Math.floor(last / height);
      left = Math.min(left, from);
      right = to;
      // A run over several columns touches the top and the bottom of the frame.
      top = from < to ? 0 : Math.min(top, at - from * height);
      bottom = from < to ? height - 1 : Math.max(bottom, last - to * height);
    }
    at = last + 1;
  }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * The outline as lines along the borders of pixels, in pixels of the frame.
 * @param {Bitmap} bitmap
 * @returns {number[][]} x1, y1, x2, y2 each
 */
export function outlineOf({ x, y, width, height, pixels }) {
  const at = (/** @type {number} */ column, /** @type {number} */ row) =>
    column >= 0 && column < width && row >= 0 && row < height ? pixels[row * width + column] : 0;
  const found = [];
  for (let row = 0; row <= height; row++)
    for (let column = 0, from = -1; column <= width; column++) {
      const edge = column < width && at(column, row) !== at(column, row - 1);
      if (edge && from < 0) from = column;
      if (!edge && from >= 0) {
        found.push([x + from, y + row, x + column, y + row]);
        from = -1;
      }
    }
  for (let column = 0; column <= width; column++)
    for (let row = 0, from = -1; row <= height; row++) {
      const edge = row < height && at(column, row) !== at(column - 1, row);
      if (edge && from < 0) from = row;
      if (!edge && from >= 0) {
        found.push([x + column, y + from, x + column, y + row]);
        from = -1;
      }
    }
  return found;
}
