// Values to grey levels, DICOM PS3.3 C.11.2.1.2: LINEAR, LINEAR_EXACT, SIGMOID; TABLE is a VOI LUT.

/** Grey in [0, 1] of a modality value under a window. */
export function level(value, window) {
  const { centre, width } = window;
  if (window.function === "SIGMOID") return 1 / (1 + Math.exp((-4 * (value - centre)) / width));
  if (window.function === "LINEAR_EXACT") {
    return clamp((value - centre) / width + 0.5);
  }
  // C.11.2.1.2.1: a width of 1 is a threshold.
  if (width <= 1) return value <= centre - 0.5 ? 0 : 1;
  return clamp((value - (centre - 0.5)) / (width - 1) + 0.5);
}

function clamp(value) {
  return Math.min(1, Math.max(0, value));
}

/** The grey of every sample code under a VOI table, as the server worked it out. */
export function tableFromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/**
 * Look-up table from stored sample to an opaque grey RGBA word (little-endian).
 *
 * @returns {Uint32Array} 2^bits entries
 */
export function greyTable(head, window, inverted) {
  const size = 2 ** head.bits;
  const table = new Uint32Array(size);
  // MONOCHROME1 is turned round inside the output range, after the window.
  const flip = head.inverted !== inverted;
  for (let sample = 0; sample < size; sample += 1) {
    const straight = window.table
      ? window.table[sample] ?? 0
      : Math.round(255 * level(sample * head.slope + head.intercept, window));
    const grey = flip ? 255 - straight : straight;
    table[sample] = (0xff000000 | (grey << 16) | (grey << 8) | grey) >>> 0;
  }
  if (head.padding !== null && head.padding !== undefined) table[head.padding] = 0xff000000;
  return table;
}
