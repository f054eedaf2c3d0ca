// One image as canvases: windowed here, then moved, turned and scaled by the geometry.

import { greyTable, sampleValues, tableFromBase64, valueText } from "./windowing.js";

export class ImageCanvas {
  #finePixels = null;
  #coarsePixels = null;

  constructor(answer) {
    this.show(answer);
  }

  /** Another frame. The canvases are taken over where the size is the same. */
  show({ header, samples }) {
    for (const window of header.windows) {
      if (typeof window.table === "string") window.table = tableFromBase64(window.table);
    }
    this.header = header;
    this.samples = samples;
    this.values = this.isColour ? null : sampleValues(header);
    this.step = 0;
  }

  get isColour() {
    return this.header.channels === 3;
  }

  /**
   * @param {number} step 1 paints every pixel; n every n-th row and column, while a hand moves
   */
  paint(window, inverted, step = 1) {
    const { rows, columns } = this.header;
    const pixels = this.#pixels(Math.ceil(columns / step), Math.ceil(rows / step), step);
    this.step = step;
    if (this.isColour) this.#paintColour(pixels.data, inverted, step);
    else this.#paintGrey(new Uint32Array(pixels.data.buffer), greyTable(this.header, this.values, window, inverted), step);
    this.canvas.getContext("2d", { alpha: false }).putImageData(pixels, 0, 0);
  }

  #pixels(columns, rows, step) {
    let held = step === 1 ? this.#finePixels : this.#coarsePixels;
    if (held?.pixels.width !== columns || held.pixels.height !== rows) {
      const canvas = document.createElement("canvas");
      Object.assign(canvas, { width: columns, height: rows });
      held = { canvas, pixels: new ImageData(columns, rows) };
      if (step === 1) this.#finePixels = held;
      else this.#coarsePixels = held;
    }
    this.canvas = held.canvas;
    return held.pixels;
  }

  #paintGrey(greys, table, step) {
    const { samples, header: { rows, columns } } = this;
    if (step === 1) {
      for (let at = 0; at < greys.length; at += 1) greys[at] = table[samples[at]];
      return;
    }
    let to = 0;
    for (let row = 0; row < rows; row += step) {
      const end = (row + 1) * columns;
      for (let at = row * columns; at < end; at += step) {
        greys[to] = table[samples[at]];
        to += 1;
      }
    }
  }

  #paintColour(data, inverted, step) {
    const { samples, header: { rows, columns } } = this;
    const flip = inverted ? 255 : 0;
    let to = 0;
    for (let row = 0; row < rows; row += step) {
      for (let column = 0; column < columns; column += step) {
        const from = 3 * (row * columns + column);
        data[to] = samples[from] ^ flip;
        data[to + 1] = samples[from + 1] ^ flip;
        data[to + 2] = samples[from + 2] ^ flip;
        data[to + 3] = 255;
        to += 4;
      }
    }
  }

  /** Onto a canvas whose matrix is the geometry's. */
  draw(context) {
    const { canvas, step } = this;
    context.drawImage(canvas, 0, 0, canvas.width * step, canvas.height * step);
  }

  /** Position and value of the sample at a position on the native grid; "" outside. */
  describe(column, row, say) {
    const { header, samples } = this;
    if (column < 0 || row < 0 || column >= header.columns || row >= header.rows) return "";
    const at = (row * header.columns + column) * header.channels;
    const value = this.isColour ? samples.slice(at, at + 3).join(", ") : this.#valueText(samples[at], say);
    return say("position", { column, row, value });
  }

  #valueText(sample, say) {
    if (sample === this.header.padding) return say("padding");
    const text = valueText(this.header, this.values, sample);
    const unit = this.header.rescale?.unit;
    return unit ? `${text} ${unit}` : text;
  }

  /** What the file stores at a position; "" outside, in padding and of a colour image. */
  describeStored(column, row, say) {
    const { header, samples } = this;
    if (this.isColour || column < 0 || row < 0 || column >= header.columns || row >= header.rows) return "";
    const sample = samples[row * header.columns + column];
    if (sample === header.padding) return "";
    if (!header.rescale) return header.format === "dicom" ? say("stored unknown") : "";
    const { slope, intercept } = header.rescale;
    const value = (this.values[sample] - intercept) / slope;
    const exact = !valueText(header, this.values, sample).startsWith("≈");
    return say("stored", { value: exact ? String(Number(value.toPrecision(7))) : `≈ ${Number(value.toPrecision(5))}` });
  }
}
