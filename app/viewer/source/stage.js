// Where the image lies on the visible canvas: fit, zoom about a point, pan. Never turned or mirrored.

const SMALLEST = 0.02;
const LARGEST = 40;

export class Stage {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    /** CSS pixels for one stored column; null: fit. */
    this.zoom = null;
    /** The stored position in the middle of the canvas; null: the image's middle. */
    this.middle = null;
    this.image = { columns: 1, rows: 1, aspect: 1 };
  }

  setImage(head) {
    this.image = { columns: head.columns, rows: head.rows, aspect: head.pixel_aspect };
  }

  resize() {
    const ratio = globalThis.devicePixelRatio || 1;
    const width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    const height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
  }

  get fitZoom() {
    const { columns, rows, aspect } = this.image;
    return Math.min(this.canvas.clientWidth / columns, this.canvas.clientHeight / (rows * aspect)) || 1;
  }

  get scale() {
    return this.zoom ?? this.fitZoom;
  }

  get centre() {
    return this.middle ?? { column: this.image.columns / 2, row: this.image.rows / 2 };
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

  /** Zoom by a factor and keep what lies under (x, y), CSS pixels in the canvas, where it is. */
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
    this.#moveTo(column - x / this.scale, row - y / (this.scale * this.image.aspect));
  }

  /** The middle stays on the image, so that it cannot be lost. */
  #moveTo(column, row) {
    this.middle = {
      column: Math.min(this.image.columns, Math.max(0, column)),
      row: Math.min(this.image.rows, Math.max(0, row)),
    };
  }

  toImage(x, y) {
    const { column, row } = this.centre;
    return {
      column: column + (x - this.canvas.clientWidth / 2) / this.scale,
      row: row + (y - this.canvas.clientHeight / 2) / (this.scale * this.image.aspect),
    };
  }

  draw(picture, heatmap, opacity) {
    const { context, canvas } = this;
    const ratio = canvas.width / (canvas.clientWidth || 1);
    const across = this.scale * ratio;
    const down = across * this.image.aspect;
    const { column, row } = this.centre;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    // On whole pixels of the screen: at 1:1 a stored pixel is then shown as it is, not blended.
    const left = Math.round(canvas.width / 2 - column * across);
    const top = Math.round(canvas.height / 2 - row * down);
    const box = [left, top, this.image.columns * across, this.image.rows * down];
    // Above two screen pixels a stored pixel is shown as the square it is.
    context.imageSmoothingEnabled = across < 2;
    context.imageSmoothingQuality = "high";
    context.drawImage(picture.canvas, ...box);
    if (!heatmap) return;
    context.imageSmoothingEnabled = true;
    context.globalAlpha = opacity;
    context.drawImage(heatmap.canvas, ...box);
    context.globalAlpha = 1;
  }
}
