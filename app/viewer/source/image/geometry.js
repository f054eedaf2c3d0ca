// Where the image lies on the screen: one matrix for zoom, move, turn, mirror and the shape of a pixel.
// Image positions are (column, row) from the outer corner of the first pixel; screen ones are CSS pixels.

const SMALLEST = 0.02;
const LARGEST = 40;
const COSINE = [1, 0, -1, 0];
const SINE = [0, 1, 0, -1];
/** As the image was loaded. zoom: CSS pixels a column, null fits; turns: quarters, clockwise. */
export const UPRIGHT = Object.freeze({ zoom: null, middle: null, turns: 0, mirrored: false });

export class Geometry {
  constructor() {
    this.size = { columns: 1, rows: 1, aspect: 1 };
    this.screen = { width: 1, height: 1, ratio: 1 };
    Object.assign(this, UPRIGHT);
  }

  setImage({ columns, rows, pixel_aspect }) {
    this.size = { columns, rows, aspect: pixel_aspect };
  }

  /** @param {number} ratio pixels of the screen for one CSS pixel */
  setScreen(width, height, ratio) {
    this.screen = { width: Math.max(1, width), height: Math.max(1, height), ratio };
  }

  get state() {
    const { zoom, middle, turns, mirrored } = this;
    return { zoom, middle, turns, mirrored };
  }

  set state(state) {
    Object.assign(this, UPRIGHT, state);
  }

  get fitZoom() {
    const { columns, rows, aspect } = this.size;
    const sides = [columns, rows * aspect];
    if (this.turns % 2) sides.reverse();
    return Math.min(this.screen.width / sides[0], this.screen.height / sides[1]);
  }

  get scale() {
    return this.zoom ?? this.fitZoom;
  }

  /** The image position at the centre of the screen. */
  get centre() {
    return this.middle ?? { column: this.size.columns / 2, row: this.size.rows / 2 };
  }

  /** As of a canvas: x = a·column + c·row + e, y = b·column + d·row + f. */
  get matrix() {
    const linear = this.#linear();
    const { column, row } = this.centre;
    const { width, height, ratio } = this.screen;
    // The corner lies on a whole pixel of the screen: at 1:1 each stored pixel then keeps its grey.
    const whole = (value) => Math.round(value * ratio) / ratio;
    return {
      ...linear,
      e: whole(width / 2 - linear.a * column - linear.c * row),
      f: whole(height / 2 - linear.b * column - linear.d * row),
    };
  }

  #linear() {
    const across = this.mirrored ? -this.scale : this.scale;
    const down = this.scale * this.size.aspect;
    const [cosine, sine] = [COSINE[this.turns], SINE[this.turns]];
    // Written so that no side is −0.
    return { a: cosine * across || 0, b: sine * across || 0, c: -sine * down || 0, d: cosine * down || 0 };
  }

  toScreen({ column, row }) {
    const { a, b, c, d, e, f } = this.matrix;
    return { x: a * column + c * row + e, y: b * column + d * row + f };
  }

  toImage(x, y) {
    const { e, f } = this.matrix;
    return this.way(x - e, y - f);
  }

  /** A way on the screen as a way on the image. */
  way(x, y) {
    const { a, b, c, d } = this.#linear();
    const area = a * d - b * c;
    return { column: (d * x - c * y) / area, row: (a * y - b * x) / area };
  }

  fit() {
    this.zoom = null;
    this.middle = null;
  }

  /** One stored column on one pixel of the screen. */
  actualSize() {
    this.middle = this.centre;
    this.zoom = 1 / this.screen.ratio;
  }

  /** Zoom by a factor and keep the point under (x, y) in its place. */
  zoomBy(factor, x = this.screen.width / 2, y = this.screen.height / 2) {
    const before = this.toImage(x, y);
    this.middle = this.centre;
    this.zoom = Math.min(LARGEST, Math.max(SMALLEST, this.scale * factor));
    const after = this.toImage(x, y);
    this.#moveTo(this.middle.column + before.column - after.column, this.middle.row + before.row - after.row);
  }

  panBy(x, y) {
    const { column, row } = this.centre;
    const way = this.way(x, y);
    this.zoom = this.scale;
    this.#moveTo(column - way.column, row - way.row);
  }

  /** The centre of the screen stays on the image, so that the image cannot be lost. */
  #moveTo(column, row) {
    this.middle = {
      column: Math.min(this.size.columns, Math.max(0, column)),
      row: Math.min(this.size.rows, Math.max(0, row)),
    };
  }

  /** @param {number} quarters clockwise as seen */
  turn(quarters) {
    this.turns = (this.turns + quarters + 4) % 4;
  }

  /** Mirror left and right, or top and bottom, as seen. */
  flip(vertical = false) {
    this.mirrored = !this.mirrored;
    this.turns = (4 - this.turns + (vertical ? 2 : 0)) % 4;
  }

  /**
   * What stands at each side of the screen.
   *
   * @param {{left: string, top: string, right: string, bottom: string}} sides of the image
   */
  seen(sides) {
    const { a, b, c, d } = this.#linear();
    const outward = { left: [-a, -b], right: [a, b], top: [-c, -d], bottom: [c, d] };
    const result = {};
    for (const [side, [x, y]] of Object.entries(outward)) {
      const place = Math.abs(x) > Math.abs(y) ? (x < 0 ? "left" : "right") : (y < 0 ? "top" : "bottom");
      result[place] = sides[side];
    }
    return result;
  }
}
