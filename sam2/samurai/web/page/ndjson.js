// Lines of JSON from an answer, as they arrive.

/**
 * @param {Response} response
 * @returns {AsyncGenerator<any>} one value per line; throws where the connection breaks
 */
export async function* lines(response) {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value, { stream: !done });
      const parts = rest.split("\n");
      rest = done ? "" : /** @type {string} */ (parts.pop());
      for (const part of parts) if (part.trim()) yield JSON.parse(part);
      if (done) return;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
