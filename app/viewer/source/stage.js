// Where the image lies on the visible canvas: fit, zoom about a point, pan. Never turned or mirrored.

const SMALLEST = 0.02;
const LARGEST = 40;

export class Stage {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    /** CSS pixels for one stored column; null: fit. */
    this.zoom = null;
    /** The stored position at the centre of the canvas; null: the image's centre. */
    this.middle = null;
    this.size = { columns: 1, rows: 1, aspect: 1 };
  }

  setSize(header) {
    this.size = { columns: header.columns, rows: header.rows, aspect: header.pixel_aspect };
  }

  resize() {
    const ratio = globalThis.devicePixelRatio || 1;
    const width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    const height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
  }

  get fitZoom() {
    const { columns, rows, aspect } = this.size;
    return Math.min(this.canvas.clientWidth / columns, this.canvas.clientHeight / (rows * aspect)) || 1;
  }

  get scale() {
    return this.zoom ?? this.fitZoom;
  }

  get centre() {
    return this.middle ?? { column: this.size.columns / 2, row: this.size.rows / 2 };
  }

  fit() {
    this.zoom = null;
    this.middle = null;
  }

  /** One stored column on one pixel of the screen. */
  actualSize() {
    this.zoom = 1 / (globalThis.devicePixelRatio || 1);
    this.middle = this.centre;
  }

  /** Zoom by a factor and keep the point under (x, y), CSS pixels in the canvas, in its place. */
  zoomBy(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const before = this.toImage(x, y);
    this.zoom = Math.min(LARGEST, Math.max(SMALLEST, this.scale * factor));
    this.middle = this.centre;
    const after = this.toImage(x, y);
    this.#moveTo(this.middle.column + before.column - after.column, this.middle.row + before.row - after.row);
  }

  panBy(x, y) {
    const { column, row } = this.centre;
    this.zoom = this.scale;
    this.#moveTo(column - x / this.scale, row - y / (this.scale * this.size.aspect));
  }

  /** The centre of the canvas stays on the image, so that the image cannot be lost. */
  #moveTo(column, row) {
    this.middle = {
      column: Math.min(this.size.columns, Math.max(0, column)),
      row: Math.min(this.size.rows, Math.max(0, row)),
    };
  }

  toImage(x, y) {
    const { column, row } = this.centre;
    return {
      column: column + (x - this.canvas.clientWidth / 2) / this.scale,
      row: row + (y - this.canvas.clientHeight / 2) / (this.scale * this.size.aspect),
    };
  }

  draw(image, heatmap, opacity) {
    const { context, canvas } = this;
    const ratio = canvas.width / (canvas.clientWidth || 1);
    const across = this.scale * ratio;
    const down = across * this.size.aspect;
    const { column, row } = this.centre;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    // On whole pixels of the screen: at 1:1 a stored pixel then keeps its grey and is not blended.
    const left = Math.round(canvas.width / 2 - column * across);
    const top = Math.round(canvas.height / 2 - row * down);
    const box = [left, top, this.size.columns * across, this.size.rows * down];
    // A stored pixel of two screen pixels or more is drawn as a square.
    context.imageSmoothingEnabled = across < 2;
    context.imageSmoothingQuality = "high";
    context.drawImage(image.canvas, ...box);
    if (!heatmap) return;
    context.imageSmoothingEnabled = true;
    context.globalAlpha = opacity;
    context.drawImage(heatmap.canvas, ...box);
    context.globalAlpha = 1;
  }
}
