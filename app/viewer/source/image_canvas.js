// One image as a canvas of its own size: windowed here, then moved and scaled by the stage.

import { greyTable, sampleValues, valueText } from "./windowing.js";

export class ImageCanvas {
  constructor({ header, samples }) {
    this.header = header;
    this.samples = samples;
    this.values = this.isColour ? null : sampleValues(header);
    this.canvas = document.createElement("canvas");
    this.canvas.width = header.columns;
    this.canvas.height = header.rows;
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.pixels = this.context.createImageData(header.columns, header.rows);
  }

  get isColour() {
    return this.header.channels === 3;
  }

  paint(window, inverted) {
    if (this.isColour) this.#paintColour(inverted);
    else this.#paintGrey(greyTable(this.header, this.values, window, inverted));
    this.context.putImageData(this.pixels, 0, 0);
  }

  #paintGrey(table) {
    const greys = new Uint32Array(this.pixels.data.buffer);
    const { samples } = this;
    for (let at = 0; at < greys.length; at += 1) greys[at] = table[samples[at]];
  }

  #paintColour(inverted) {
    const { data } = this.pixels;
    const { samples } = this;
    const flip = inverted ? 255 : 0;
    for (let from = 0, to = 0; from < samples.length; from += 3, to += 4) {
      data[to] = samples[from] ^ flip;
      data[to + 1] = samples[from + 1] ^ flip;
      data[to + 2] = samples[from + 2] ^ flip;
      data[to + 3] = 255;
    }
  }

  /** Position and value of the sample at a position on the native grid; "" outside. */
  describe(column, row) {
    const { header, samples } = this;
    if (column < 0 || row < 0 || column >= header.columns || row >= header.rows) return "";
    const at = (row * header.columns + column) * header.channels;
    const position = `column ${column}, row ${row}`;
    if (this.isColour) return `${position}: ${samples.slice(at, at + 3).join(", ")}`;
    if (samples[at] === header.padding) return `${position}: padding`;
    return `${position}: ${valueText(header, this.values, samples[at])}`;
  }
}
