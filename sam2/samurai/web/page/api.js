// The server's routes. Every failure is a `Problem` with the server's own words.

const base = new URL("./", document.baseURI);

/** A request failed. `status` is 0 where the server didn't answer. */
export class Problem extends Error {
  /** @param {string} detail @param {number} status @param {number|null} [retryAfter] seconds */
  constructor(detail, status, retryAfter = null) {
    super(detail);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Called with true when the server answers, with false when it doesn't. @type {(ok: boolean) => void} */
let heard = () => {};

/** @param {(ok: boolean) => void} call */
export function onHeard(call) {
  heard = call;
}

/** @param {string} path @returns {URL} of a route */
export const routeOf = (path) => new URL(path.replace(/^\//, ""), base);

/**
 * The server's words of an error: its `detail`, which is a text or a list of faults.
 * @param {any} body @param {number} status @returns {string}
 */
export function words(body, status) {
  const detail = body?.detail;
  if (typeof detail === "string" && detail) return detail;
  if (Array.isArray(detail) && detail.length)
    return detail.map((each) => `${(each.loc ?? []).slice(1).join(".")}: ${each.msg}`).join("; ");
  return `the server answers ${status} without a reason. Look at its log`;
}

/**
 * @param {string} method @param {string} path
 * @param {{json?: any, signal?: AbortSignal}} [options]
 * @returns {Promise<Response>} of a success
 */
export async function request(method, path, { json, signal } = {}) {
  const headers = /** @type {Record<string, string>} */ ({});
  if (json !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(routeOf(path), {
      method, headers, signal, body: json === undefined ? undefined : JSON.stringify(json),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    heard(false);
    throw new Problem("the server doesn't answer: is it still running?", 0);
  }
  heard(true);
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  const wait = Number(response.headers.get("Retry-After"));
  throw new Problem(words(body, response.status), response.status, wait || null);
}

/** @param {string} method @param {string} path @param {any} [json] @param {AbortSignal} [signal] @returns {Promise<any>} */
async function call(method, path, json, signal) {
  const response = await request(method, path, { json, signal });
  return response.json();
}

/** @param {unknown} error @returns {boolean} whether a request was given up on purpose */
export const isAborted = (error) => error instanceof DOMException && error.name === "AbortError";

const session = (/** @type {string} */ id) => `sessions/${encodeURIComponent(id)}`;
const video = (/** @type {string} */ id) => `videos/${encodeURIComponent(id)}`;

export const api = {
  /** @param {AbortSignal} [signal] */
  health: (signal) => call("GET", "health", undefined, signal),

  videos: () => call("GET", "videos"),
  /** @param {string} id */
  video: (id) => call("GET", video(id)),
  sample: () => call("POST", "videos/sample"),
  /** @param {string} id */
  deleteVideo: (id) => call("DELETE", video(id)),
  /** @param {string} id */
  posterPath: (id) => `${video(id)}/poster`,
  /** @param {string} id @param {number} n @param {number|null} width */
  framePath: (id, n, width) => `${video(id)}/frames/${n}${width ? `?width=${width}` : ""}`,

  sessions: () => call("GET", "sessions"),
  /** @param {string} videoId */
  createSession: (videoId) => call("POST", "sessions", { video_id: videoId }),
  /** @param {string} id */
  session: (id) => call("GET", session(id)),
  /** @param {string} id */
  closeSession: (id) => call("DELETE", `${session(id)}?keep_video=true`),
  /** @param {string} id */
  timeline: (id) => call("GET", `${session(id)}/timeline`),

  /** @param {string} id @param {number} n @param {AbortSignal} [signal] */
  frame: (id, n, signal) => call("GET", `${session(id)}/frames/${n}`, undefined, signal),
  /** @param {string} id @param {number} n @param {"points"|"box"|"mask"|"stroke"} kind @param {any} body */
  prompt: (id, n, kind, body) => call("POST", `${session(id)}/frames/${n}/${kind}`, body),
  /** @param {string} id @param {number} n @param {any} body @param {AbortSignal} signal */
  preview: (id, n, body, signal) => call("POST", `${session(id)}/frames/${n}/preview`, body, signal),
  /** @param {string} id @param {number} n @param {number} object */
  clearFrame: (id, n, object) => call("DELETE", `${session(id)}/frames/${n}/prompts?object_id=${object}`),
  /** @param {string} id @param {number} object */
  removeObject: (id, object) => call("DELETE", `${session(id)}/objects/${object}`),
  /** @param {string} id @param {number} object @param {any} body */
  changeObject: (id, object, body) => call("PATCH", `${session(id)}/objects/${object}`, body),

  /** @param {string} id @param {any} body @param {AbortSignal} signal */
  discover: (id, body, signal) => call("POST", `${session(id)}/discover`, body, signal),
  /** @param {string} id @param {any} body @param {AbortSignal} signal */
  text: (id, body, signal) => call("POST", `${session(id)}/text`, body, signal),

  /** @param {string} id @param {any} body @param {AbortSignal} signal */
  propagate: (id, body, signal) => request("POST", `${session(id)}/propagate`, { json: body, signal }),
  /** @param {string} id */
  cancel: (id) => call("DELETE", `${session(id)}/propagate`),
  /** @param {string} id @param {string} format */
  exported: (id, format) => request("GET", `${session(id)}/export/${format}`),
  /** @param {any} body */
  pick: (body) => call("POST", "pick", body),
};
