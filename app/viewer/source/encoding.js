// Images and heatmaps arrive as one binary answer: a 32-bit little-endian length, that many bytes
// of JSON (the header), then the samples, little-endian, row by row. See ../encoding.py, which writes it.

/** The server's sentence for the reader, or ours when it sent none. */
export class Unavailable extends Error {}

async function errorText(response, name) {
  if ((response.headers.get("content-type") || "").includes("json")) {
    const { error } = await response.json();
    if (error) return error;
  }
  return `${name} could not be loaded (status ${response.status}). Reload the page.`;
}

/**
 * Fetch and unpack one answer.
 *
 * @returns {Promise<{header: object, samples: Uint8Array | Uint16Array}>} rows × columns × channels
 */
export async function fetchSamples(url, name, signal) {
  let response;
  try {
    response = await fetch(url, { signal, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unavailable(
      `${name} could not be loaded: the server did not answer. Check that it runs, then reload the page.`,
    );
  }
  if (!response.ok) throw new Unavailable(await errorText(response, name));
  return unpack(await response.arrayBuffer(), name);
}

export function unpack(buffer, name) {
  const incomplete = new Unavailable(`${name} arrived incomplete. Reload the page.`);
  if (buffer.byteLength < 4) throw incomplete;
  const length = new DataView(buffer).getUint32(0, true);
  if (buffer.byteLength < 4 + length) throw incomplete;
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const count = header.rows * header.columns * header.channels;
  const bytes = header.bits / 8;
  if (buffer.byteLength !== 4 + length + count * bytes) throw incomplete;
  // The header is padded so that the samples start on an even byte.
  const Samples = bytes === 2 ? Uint16Array : Uint8Array;
  return { header, samples: new Samples(buffer, 4 + length, count) };
}
