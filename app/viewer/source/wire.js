// Images and heatmaps arrive as one binary answer: a 32-bit little-endian length, that many bytes
// of JSON (the head), then the samples, little-endian, row by row. See ../wire.py, which writes it.

/** The server's sentence for the reader, or ours when it sent none. */
export class Unavailable extends Error {}

async function sentence(response, what) {
  if ((response.headers.get("content-type") || "").includes("json")) {
    const { error } = await response.json();
    if (error) return error;
  }
  return `${what} could not be fetched (status ${response.status}). Reload the page to try again.`;
}

/**
 * Fetch and unpack one answer.
 *
 * @returns {Promise<{head: object, samples: Uint8Array | Uint16Array}>} rows × columns × channels
 */
export async function fetchSamples(url, what, signal) {
  let response;
  try {
    response = await fetch(url, { signal, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unavailable(
      `${what} could not be fetched: the server did not answer. Start it and reload the page.`,
    );
  }
  if (!response.ok) throw new Unavailable(await sentence(response, what));
  return unpack(await response.arrayBuffer(), what);
}

export function unpack(buffer, what) {
  const cut = new Unavailable(`${what} arrived incomplete. Reload the page to try again.`);
  if (buffer.byteLength < 4) throw cut;
  const length = new DataView(buffer).getUint32(0, true);
  if (buffer.byteLength < 4 + length) throw cut;
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const count = head.rows * head.columns * head.channels;
  const bytes = head.bits / 8;
  if (buffer.byteLength !== 4 + length + count * bytes) throw cut;
  // The head is padded so that the samples start on an even byte.
  const Samples = bytes === 2 ? Uint16Array : Uint8Array;
  return { head, samples: new Samples(buffer, 4 + length, count) };
}
