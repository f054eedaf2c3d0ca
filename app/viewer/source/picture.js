// One image as a canvas of its own size: windowed once, then moved and scaled by the stage.

import { greyTable, sampleValues, spoken } from "./windowing.js";

export class Picture {
  constructor({ head, samples }) {
    this.head = head;
    this.samples = samples;
    this.values = this.isColour ? null : sampleValues(head);
    this.canvas = document.createElement("canvas");
    this.canvas.width = head.columns;
    this.canvas.height = head.rows;
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.image = this.context.createImageData(head.columns, head.rows);
  }

  get isColour() {
    return this.head.channels === 3;
  }

  paint(window, inverted) {
    if (this.isColour) this.#paintColour(inverted);
    else this.#paintGrey(greyTable(this.head, this.values, window, inverted));
    this.context.putImageData(this.image, 0, 0);
  }

  #paintGrey(table) {
    const words = new Uint32Array(this.image.data.buffer);
    const { samples } = this;
    for (let at = 0; at < words.length; at += 1) words[at] = table[samples[at]];
  }

  #paintColour(inverted) {
    const { data } = this.image;
    const { samples } = this;
    const turn = inverted ? 255 : 0;
    for (let from = 0, to = 0; from < samples.length; from += 3, to += 4) {
      data[to] = samples[from] ^ turn;
      data[to + 1] = samples[from + 1] ^ turn;
      data[to + 2] = samples[from + 2] ^ turn;
      data[to + 3] = 255;
    }
  }

  /** The words for the sample under a position on the stored grid; "" outside. */
  describe(column, row) {
    const { head, samples } = this;
    if (column < 0 || row < 0 || column >= head.columns || row >= head.rows) return "";
    const at = (row * head.columns + column) * head.channels;
    const place = `column ${column}, row ${row}`;
    if (this.isColour) return `${place}: ${samples.slice(at, at + 3).join(", ")}`;
    if (samples[at] === head.padding) return `${place}: padding`;
    return `${place}: ${spoken(head, this.values, samples[at])}`;
  }
}
