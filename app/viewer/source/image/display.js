// The layers of a pane, from below: image, heatmap, what is drawn, the place where a hand works, and the parts.

import { element } from "../elements.js";
import { Magnifier } from "./magnifier.js";
import { MarkLayer } from "./mark_layer.js";

const CONTOUR = { finding: "#ffb000", normal: "#5fd3ff" };

export class Display {
  constructor(say) {
    this.image = element("canvas", { class: "image" });
    this.heat = element("canvas", { class: "heat", hidden: true });
    this.drawn = element("div", { class: "drawn" });
    this.surface = element("div", { class: "surface", tabindex: "0", role: "img", "aria-label": say("image") });
    this.magnifier = new Magnifier();
    this.layers = [this.image, this.heat, this.drawn, this.surface, this.magnifier.canvas];
    this.marks = new MarkLayer(this.drawn);
  }

  destroy() {
    this.marks.destroy();
  }

  /** The size of the pane; false where it did not change. */
  resize(geometry) {
    const ratio = globalThis.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.surface;
    const [width, height] = [Math.max(1, Math.round(clientWidth * ratio)), Math.max(1, Math.round(clientHeight * ratio))];
    geometry.setScreen(clientWidth, clientHeight, ratio);
    if (this.image.width === width && this.image.height === height) return false;
    for (const canvas of [this.image, this.heat]) Object.assign(canvas, { width, height });
    return true;
  }

  /** @param {boolean} moving a hand is at it: speed goes before smoothness */
  drawImage(geometry, image, moving) {
    const context = this.image.getContext("2d", { alpha: false });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, this.image.width, this.image.height);
    if (!image) return;
    this.#turn(context, geometry);
    // A stored pixel of two screen pixels or more is drawn as a square.
    context.imageSmoothingEnabled = geometry.scale * geometry.screen.ratio < 2;
    context.imageSmoothingQuality = moving ? "low" : "high";
    image.draw(context);
  }

  /** @param {{map: object, colours: Uint8Array, threshold: number, opacity: number} | null} heatmap in colours */
  drawHeatmap(geometry, heatmap) {
    this.heat.hidden = !heatmap;
    if (!heatmap) return;
    this.heat.style.opacity = String(heatmap.opacity);
    const context = this.heat.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.heat.width, this.heat.height);
    this.#turn(context, geometry);
    const { columns, rows } = geometry.size;
    context.drawImage(heatmap.map.canvas(heatmap.colours, heatmap.threshold), 0, 0, columns, rows);
  }

  /** Image and heatmap larger, around a place of the pane. */
  magnify(geometry, place, image, heatmap) {
    this.magnifier.show(geometry, place, (context) => {
      context.imageSmoothingEnabled = geometry.scale < 1;
      image.draw(context);
      if (!heatmap) return;
      context.globalAlpha = heatmap.opacity;
      const { columns, rows } = geometry.size;
      context.drawImage(heatmap.map.canvas(heatmap.colours, heatmap.threshold), 0, 0, columns, rows);
      context.globalAlpha = 1;
    });
  }

  /** @param {{map: object, palette: string, threshold: number} | null} contour */
  drawMarks(geometry, { marks, selected, lines, contour, crosshair }) {
    this.marks.draw(geometry, {
      marks,
      selected,
      lines,
      crosshair,
      contour: contour && { lines: contour.map.contour(contour.threshold), colour: CONTOUR[contour.palette] },
    });
  }

  #turn(context, { matrix, screen: { ratio } }) {
    const { a, b, c, d, e, f } = matrix;
    context.setTransform(a * ratio, b * ratio, c * ratio, d * ratio, e * ratio, f * ratio);
  }
}
