// How an image is looked at: its window and its place, and what of that is undone. Nothing of the page here.

import { Geometry, UPRIGHT } from "./geometry.js";
import { History } from "./history.js";

export const LOADED = Object.freeze({ preset: 0, window: null, inverted: false });
const RANGE_PIXELS = 800; // a drag over so many goes through the whole range of values

export class Looking {
  #dragging = false;
  #ownPresets = [];

  constructor() {
    this.geometry = new Geometry();
    this.shown = { ...LOADED };
    this.image = null;
    this.history = new History();
  }

  /** For whoever builds on this: what must be drawn again. "pixels", "place", "heatmap" or "marks". */
  changed() {}

  /** All windows that are offered, by the number of their key: the file's, this image's, the reader's. */
  get presets() {
    return this.image ? [...this.image.header.windows, ...this.#ownPresets] : [];
  }

  /** @param {{name: string, centre: number, width: number}[]} presets the reader's own windows */
  set ownPresets(presets) {
    this.#ownPresets = presets.map((preset) => ({ function: "LINEAR_EXACT", group: "own", ...preset }));
    if (this.image) this.changed("pixels");
  }

  /** The window in use; null of a colour image. */
  get window() {
    if (!this.image || this.image.isColour) return null;
    return this.shown.window ?? this.presets[this.shown.preset ?? 0] ?? this.presets[0];
  }

  choosePreset(number) {
    if (number in this.presets && this.window) this.#change({ preset: number, window: null });
  }

  /** @param {{centre?: number, width?: number}} change */
  setWindow(change) {
    if (!this.window) return;
    const window = { ...this.#line(), ...change };
    if (!Number.isFinite(window.centre) || !(window.width > 0)) return;
    this.#change({ preset: null, window });
  }

  dragWindow(x, y) {
    if (!this.window) return;
    if (!this.#dragging) this.note();
    this.#dragging = true;
    this.#moveWindow(x, y);
  }

  stepWindow(x, y) {
    if (!this.window) return;
    this.note();
    this.#moveWindow(x, y);
  }

  #moveWindow(x, y) {
    const { high, low } = this.image.header;
    const step = Math.max((high - low) / RANGE_PIXELS, 1e-6);
    const { function: shape, centre, width } = this.#line();
    this.shown.preset = null;
    this.shown.window = { function: shape, centre: centre + y * step, width: Math.max(step, width + x * step) };
    this.changed("pixels");
  }

  /** The window in use, as centre and width even where the file has a table. */
  #line() {
    const { table, centre, width, function: shape } = this.window;
    return { function: table ? "LINEAR_EXACT" : shape, centre, width };
  }

  invert() {
    if (this.image) this.#change({ inverted: !this.shown.inverted });
  }

  #change(change) {
    this.note();
    Object.assign(this.shown, change);
    this.changed("pixels");
  }

  /** The hand that dragged is off. */
  settle() {
    this.#dragging = false;
  }

  zoomBy(factor, x, y) { this.place((geometry) => geometry.zoomBy(factor, x, y)); }
  panBy(x, y) { this.place((geometry) => geometry.panBy(x, y)); }

  /** Zoom or move; that is not undone, since it hides nothing for long. */
  place(change) {
    if (!this.image) return;
    change(this.geometry);
    this.changed("place");
  }

  turn(change) {
    if (!this.image) return;
    this.note();
    change(this.geometry);
    this.changed("place");
  }

  /** As the image was loaded. */
  reset() {
    if (!this.image) return;
    this.note();
    this.geometry.state = UPRIGHT;
    this.shown = { ...LOADED };
    this.changed("pixels");
  }

  /** What undo brings back. */
  get undoable() {
    const { turns, mirrored } = this.geometry;
    return { shown: this.shown, turns, mirrored };
  }

  set undoable({ shown, turns, mirrored }) {
    this.shown = shown;
    this.geometry.state = { ...this.geometry.state, turns, mirrored };
  }

  /** To be called before a change that can be undone. */
  note() {
    this.history.push(this.undoable);
  }

  undo() { this.#goTo(this.history.undo(this.undoable)); }
  redo() { this.#goTo(this.history.redo(this.undoable)); }

  #goTo(state) {
    if (!state) return;
    this.undoable = state;
    this.changed("pixels");
  }

  /** Window and place, to be kept and shown again. */
  get view() {
    return { ...this.shown, ...this.geometry.state };
  }

  /** Nobody is told: whoever asks for it draws. */
  restore({ preset = 0, window = null, inverted = false, ...place }) {
    this.shown = { preset, window, inverted };
    this.geometry.state = place;
  }
}
