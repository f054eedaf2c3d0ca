// Marks and contours over the image, drawn by Konva with the geometry's matrix; handles and labels stay upright.

import { Group } from "konva/lib/Group.js";
import { Layer } from "konva/lib/Layer.js";
import { Stage } from "konva/lib/Stage.js";
import { Circle } from "konva/lib/shapes/Circle.js";
import { Line } from "konva/lib/shapes/Line.js";
import { Rect } from "konva/lib/shapes/Rect.js";
import { Text } from "konva/lib/shapes/Text.js";

import { handles, outline } from "./shapes.js";

const COLOURS = { finding: "#ffd54a", measure: "#6fe3ff", region: "#ff9ade" };
const DARK = "#000c";
const FONT = "system-ui, sans-serif";

export class MarkLayer {
  #labels = [];

  constructor(container) {
    this.stage = new Stage({ container, width: 1, height: 1, listening: false });
    this.layer = new Layer({ listening: false });
    this.lines = new Group();
    this.signs = new Group();
    this.layer.add(this.lines, this.signs);
    this.stage.add(this.layer);
  }

  destroy() {
    this.stage.destroy();
  }

  /**
   * @param {{marks: object[], selected: number | null, lines: (mark: object) => string[],
   *     contour: {lines: number[][], colour: string} | null, crosshair: object | null}} content
   */
  draw(geometry, { marks, selected, lines, contour, crosshair }) {
    const { width, height } = geometry.screen;
    if (this.stage.width() !== width || this.stage.height() !== height) this.stage.size({ width, height });
    this.#place(geometry);
    this.lines.destroyChildren();
    this.signs.destroyChildren();
    this.#labels = [];
    if (contour) this.#drawContour(geometry.size, contour);
    marks.forEach((mark, index) => {
      this.#drawMark(mark, index === selected);
      this.#drawLabel(geometry, mark, lines(mark));
    });
    if (selected !== null && marks[selected]) this.#drawHandles(geometry, marks[selected]);
    if (crosshair) this.#drawCrosshair(geometry, crosshair);
    this.layer.batchDraw();
  }

  /** Konva's parts of the one matrix. */
  #place({ matrix, turns, scale, mirrored, size }) {
    this.lines.setAttrs({
      x: matrix.e,
      y: matrix.f,
      rotation: 90 * turns,
      scaleX: mirrored ? -scale : scale,
      scaleY: scale * size.aspect,
    });
  }

  #stroke(points, closed, colour, width, dash = []) {
    const line = { points, closed, strokeScaleEnabled: false, lineJoin: "round", lineCap: "round", perfectDrawEnabled: false };
    this.lines.add(new Line({ ...line, stroke: DARK, strokeWidth: width + 2.5 }));
    this.lines.add(new Line({ ...line, stroke: colour, strokeWidth: width, dash }));
  }

  #drawContour({ columns, rows }, { lines, colour }) {
    for (const line of lines) {
      this.#stroke(line.map((value, at) => value * (at % 2 ? rows : columns)), true, colour, 2);
    }
  }

  #drawMark(mark, selected) {
    if (mark.kind === "point") return;
    const { line, closed } = outline(mark);
    this.#stroke(line.flat(), closed, COLOURS[mark.purpose], selected ? 2.5 : 1.75,
      mark.purpose === "region" ? [7, 5] : []);
  }

  #drawHandles(geometry, mark) {
    for (const [column, row] of handles(mark)) {
      const { x, y } = geometry.toScreen({ column, row });
      this.signs.add(new Circle({ x, y, radius: 5, fill: "#fff", stroke: "#000", strokeWidth: 1.5 }));
    }
  }

  #drawLabel(geometry, mark, texts) {
    const places = mark.points.map(([column, row]) => geometry.toScreen({ column, row }));
    if (mark.kind === "point") {
      this.signs.add(new Circle({ ...places[0], radius: 4, stroke: COLOURS[mark.purpose], strokeWidth: 2 }));
    }
    if (texts.length === 0) return;
    const text = new Text({ text: texts.join("\n"), fontSize: 12, lineHeight: 1.25, fontFamily: FONT, fill: "#fff", padding: 4 });
    const { width, height } = geometry.screen;
    const inside = (value, room) => Math.min(room - 2, Math.max(2, value));
    const box = {
      x: inside(Math.max(...places.map((place) => place.x)) + 8, width - text.width()),
      y: inside(Math.max(...places.map((place) => place.y)) - text.height() / 2, height - text.height()),
      width: text.width(),
      height: text.height(),
    };
    // Below what another mark says, where there is room.
    for (let other; (other = this.#labels.find((label) => overlaps(box, label)));) {
      const below = other.y + other.height + 2;
      if (below + box.height > height) break;
      box.y = below;
    }
    this.#labels.push(box);
    text.position(box);
    this.signs.add(new Rect({ ...box, fill: "#000a", cornerRadius: 3 }));
    this.signs.add(text);
  }

  #drawCrosshair(geometry, position) {
    const { x, y } = geometry.toScreen(position);
    const { width, height } = geometry.screen;
    const line = { stroke: COLOURS.measure, strokeWidth: 1, opacity: 0.8 };
    this.signs.add(new Line({ ...line, points: [0, y, width, y] }), new Line({ ...line, points: [x, 0, x, height] }));
  }
}

function overlaps(one, other) {
  return one.x < other.x + other.width && other.x < one.x + one.width
    && one.y < other.y + other.height && other.y < one.y + one.height;
}
