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

/** The grey of every sample code under a VOI table, as the server computed it. */
export function tableFromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/**
 * The value of every sample code, linear between the knots; see ../codes.py.
 *
 * @returns {Float64Array} 2^bits entries; codes after the last knot do not occur
 */
export function sampleValues(header) {
  const values = new Float64Array(2 ** header.bits).fill(header.knots.at(-1)[1]);
  for (let knot = 1; knot < header.knots.length; knot += 1) {
    const [from, start] = header.knots[knot - 1];
    const [to, end] = header.knots[knot];
    for (let code = from; code < to; code += 1) {
      values[code] = start + ((code - from) / (to - from)) * (end - start);
    }
  }
  return values;
}

/**
 * Look-up table from stored sample to an opaque grey RGBA word (little-endian).
 *
 * @param {Float64Array} values of the codes, from `sampleValues`
 * @returns {Uint32Array} 2^bits entries
 */
export function greyTable(header, values, window, inverted) {
  const size = values.length;
  const table = new Uint32Array(size);
  // MONOCHROME1 is inverted within the output range, after the window.
  const flip = header.inverted !== inverted;
  for (let sample = 0; sample < size; sample += 1) {
    const level8 = window.table
      ? window.table[sample] ?? 0
      : Math.round(255 * level(values[sample], window));
    const grey = flip ? 255 - level8 : level8;
    table[sample] = (0xff000000 | (grey << 16) | (grey << 8) | grey) >>> 0;
  }
  if (header.padding !== null && header.padding !== undefined) table[header.padding] = 0xff000000;
  return table;
}

/** A sample's value as text, with no more digits than its code can tell apart. */
export function valueText(header, values, sample) {
  const value = values[sample];
  const step = Math.max(
    sample + 1 < values.length ? values[sample + 1] - value : 0,
    sample > 0 ? value - values[sample - 1] : 0,
  );
  if (header.whole && step <= 1) return String(Math.round(value));
  const digits = step > 0 && value ? Math.floor(Math.log10(Math.abs(value) / step)) + 1 : 5;
  const text = String(Number(value.toPrecision(Math.min(5, Math.max(1, digits)))));
  return digits < 5 ? `≈ ${text}` : text;
}
