// A heatmap over the image: colours on a fixed scale from 0 to 1, so that two heatmaps can be compared.

export class Heatmap {
  /**
   * @param {{header: object, samples: Uint8Array}} answer 8-bit values, 255 stands for 1
   * @param {Uint8Array} colours 256 × 3, colour-blind safe
   */
  constructor({ header, samples }, colours) {
    this.header = header;
    this.samples = samples;
    this.canvas = document.createElement("canvas");
    this.canvas.width = header.columns;
    this.canvas.height = header.rows;
    const context = this.canvas.getContext("2d");
    const pixels = context.createImageData(header.columns, header.rows);
    for (let at = 0; at < samples.length; at += 1) {
      const value = samples[at];
      pixels.data[4 * at] = colours[3 * value];
      pixels.data[4 * at + 1] = colours[3 * value + 1];
      pixels.data[4 * at + 2] = colours[3 * value + 2];
      // Opacity grows with the value: where the heatmap is 0, the image stays as it is.
      pixels.data[4 * at + 3] = value;
    }
    context.putImageData(pixels, 0, 0);
  }

  /** Value in [0, 1] at fractions of the image's width and height; null outside. */
  valueAt(across, down) {
    const column = Math.floor(across * this.header.columns);
    const row = Math.floor(down * this.header.rows);
    if (column < 0 || row < 0 || column >= this.header.columns || row >= this.header.rows) return null;
    return this.samples[row * this.header.columns + column] / 255;
  }
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
