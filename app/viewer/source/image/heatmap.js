// A heatmap over the image: colours on a fixed scale from 0 to 1, so that two heatmaps can be compared.

import { contourLines } from "./contour.js";

export class Heatmap {
  #contour = null;
  #painted = null;

  /** @param {{header: object, samples: Uint8Array}} answer 8-bit values, 255 stands for 1 */
  constructor({ header, samples }) {
    this.header = header;
    this.samples = samples;
  }

  /**
   * The heatmap in colours, on a canvas of its own grid.
   *
   * @param {Uint8Array} colours 256 × 3, colour-blind safe
   * @param {number} threshold in [0, 1]; what is below is not shown
   */
  canvas(colours, threshold) {
    if (this.#painted?.colours === colours && this.#painted.threshold === threshold) return this.#painted.canvas;
    const { columns, rows } = this.header;
    const canvas = this.#painted?.canvas ?? document.createElement("canvas");
    if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
    const pixels = new ImageData(columns, rows);
    const words = new Uint32Array(pixels.data.buffer);
    const table = colourWords(colours, threshold);
    for (let at = 0; at < words.length; at += 1) words[at] = table[this.samples[at]];
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    this.#painted = { canvas, colours, threshold };
    return canvas;
  }

  /** Lines around what is at least the threshold, as fractions of the image's width and height. */
  contour(threshold) {
    const level = Math.max(1, Math.ceil(threshold * 255));
    if (this.#contour?.level !== level) {
      const { columns, rows } = this.header;
      const lines = contourLines(this.samples, columns, rows, level).map((line) =>
        line.map((value, at) => value / (at % 2 ? rows : columns)));
      this.#contour = { level, lines };
    }
    return this.#contour.lines;
  }

  /** Value in [0, 1] at fractions of the image's width and height; null outside. */
  valueAt(across, down) {
    const column = Math.floor(across * this.header.columns);
    const row = Math.floor(down * this.header.rows);
    if (column < 0 || row < 0 || column >= this.header.columns || row >= this.header.rows) return null;
    return this.samples[row * this.header.columns + column] / 255;
  }
}

/** Opacity grows with the value: where the heatmap is 0, the image stays as it is. */
export function colourWords(colours, threshold) {
  return Uint32Array.from({ length: 256 }, (_, value) => {
    if (value < threshold * 255) return 0;
    const [red, green, blue] = colours.subarray(3 * value, 3 * value + 3);
    return ((value << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}

export function bytesFromHex(text) {
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}

export function paintColourBar(canvas, colours) {
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(256, 1);
  for (let value = 0; value < 256; value += 1) {
    pixels.data.set([colours[3 * value], colours[3 * value + 1], colours[3 * value + 2], 255], 4 * value);
  }
  context.putImageData(pixels, 0, 0);
}
