// A round glass at the pointer that shows image and heatmap larger.

import { element } from "../elements.js";

const SIDE = 180; // CSS pixels
const TIMES = 2.5;

export class Magnifier {
  constructor() {
    this.canvas = element("canvas", { class: "magnifier", hidden: true, "aria-hidden": "true" });
  }

  /** @param {(context: object) => void} paint draws image and heatmap under the geometry's matrix */
  show({ matrix, screen: { ratio } }, { x, y }, paint) {
    const { canvas } = this;
    const side = Math.round(SIDE * ratio);
    if (canvas.width !== side) Object.assign(canvas, { width: side, height: side });
    canvas.style.transform = `translate(${x - SIDE / 2}px, ${y - SIDE / 2}px)`;
    canvas.hidden = false;
    const context = canvas.getContext("2d", { alpha: false });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, side, side);
    const { a, b, c, d, e, f } = matrix;
    const larger = TIMES * ratio;
    context.setTransform(a * larger, b * larger, c * larger, d * larger,
      (e - x) * larger + side / 2, (f - y) * larger + side / 2);
    paint(context);
  }

  hide() {
    this.canvas.hidden = true;
  }
}
