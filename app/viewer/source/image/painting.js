// What is seen of an image: drawn once a frame of the screen, with its heatmap, its marks and its letters.

import { element } from "../elements.js";
import { Display } from "./display.js";
import { bytesFromHex, Heatmap } from "./heatmap.js";
import { Marking } from "./marking.js";
import { markLines, markName } from "./measures.js";
import { Parts, speaker } from "./parts.js";
import { store } from "./store.js";

const NO_HEATMAP = Object.freeze({ mode: "colour", threshold: 0, opacity: 0.5, hidden: false });
const LINE = 0.5; // the contour's threshold where none is chosen
const SETTLED = 150; // milliseconds after which a hand is taken to rest

export class Painting extends Marking {
  #heat = null;
  #heatWanted = null;
  #heatSettings = { ...NO_HEATMAP };
  #isPeeking = false;
  #dirty = new Set();
  #coming = 0;
  #resting = 0;
  /** Where the pointer is, CSS pixels in the pane, and where it is on a linked image. */
  #place = null;
  #crosshair = null;
  /** Counting a region's values takes a moment, so it is done once for each mark and frame. */
  #measured = new WeakMap();

  constructor(root, { colours, words }) {
    super();
    this.say = speaker(words);
    this.colours = { finding: bytesFromHex(colours.finding), normal: bytesFromHex(colours.normal) };
    this.display = new Display(this.say);
    this.surface = this.display.surface;
    this.parts = new Parts(this, this.say);
    this.root = element("div", { class: "pane" }, ...this.display.layers, ...this.parts.all);
    root.append(this.root);
    this.resizing = new ResizeObserver(() => { if (this.display.resize(this.geometry)) this.drawNow("place"); });
    this.resizing.observe(this.surface);
    this.noteState();
  }

  destroy() {
    this.resizing.disconnect();
    cancelAnimationFrame(this.#coming);
    clearTimeout(this.#resting);
    this.display.destroy();
    this.root.remove();
  }

  /**
   * Lay a heatmap over the image, or take it away.
   *
   * @param {{url: string, palette?: "finding" | "normal", title?: string, frame?: number} | null} wanted
   *     of a `frame`: it is seen on that one alone; `title` is said of its contour
   * @returns {Promise<boolean>} whether it is shown; false where another was asked for meanwhile
   * @throws {Unavailable} it cannot be fetched; its message is for the reader
   */
  async setHeatmap(wanted) {
    this.#heatWanted = wanted?.url ?? null;
    if (!wanted) {
      this.#heat = null;
      this.changed("heatmap");
      return false;
    }
    const answer = this.#heat?.url === wanted.url ? null : await store.get(wanted.url, this.say("the heatmap"));
    if (this.#heatWanted !== wanted.url) return false;
    const map = answer ? new Heatmap(answer) : this.#heat.map;
    const { url, palette = "finding", title = "", frame } = wanted;
    this.#heat = { map, url, palette, title, frame };
    this.changed("heatmap");
    return true;
  }

  /**
   * How the heatmap is shown; what is not set stays. `threshold` in [0, 1]: in colours nothing below it is
   * shown, a contour runs along it (along 0.5 where it is 0).
   */
  get heatmap() {
    return { ...this.#heatSettings };
  }

  set heatmap(change) {
    Object.assign(this.#heatSettings, change);
    this.display.heat.style.opacity = String(this.#heatSettings.opacity);
    this.changed(Object.keys(change).join() === "opacity" ? "opacity" : "heatmap");
  }

  /** As long as a key is held. */
  hideHeatmap(hidden) {
    if (hidden === this.#isPeeking) return;
    this.#isPeeking = hidden;
    this.changed("heatmap");
  }

  /** The heatmap that is visible, or null. */
  get visibleHeatmap() {
    const { hidden, ...settings } = this.#heatSettings;
    if (!this.#heat || !this.image || hidden || this.#isPeeking) return null;
    if ((this.#heat.frame ?? this.frame) !== this.frame) return null;
    return { ...settings, ...this.#heat, colours: this.colours[this.#heat.palette] };
  }

  /** @param {{x: number, y: number} | null} place of the pointer: there the magnifier is */
  magnifyAt(place) {
    this.#place = place;
    this.#magnify();
  }

  #magnify() {
    const { display } = this;
    if (this.tool !== "magnifier" || this.drawing || !this.#place || !this.image) return display.magnifier.hide();
    const heatmap = this.visibleHeatmap;
    return display.magnify(this.geometry, this.#place, this.image, heatmap?.mode === "colour" ? heatmap : null);
  }

  /** The new mark has the focus, so that the next keys are for it. */
  placeMark() {
    super.placeMark();
    if (this.selected === null) return;
    this.drawNow(null);
    this.parts.marks.focus(this.selected);
  }

  /** @param {{column: number, row: number} | null} position that is pointed at on a linked image */
  set crosshair(position) {
    this.#crosshair = position;
    this.schedule("marks");
  }

  settle() {
    super.settle();
    this.#rest();
  }

  /** All changes within one frame of the screen are drawn once. */
  schedule(what) {
    this.#dirty.add(what);
    this.noteState();
    if (what === "pixels" || what === "place") {
      clearTimeout(this.#resting);
      this.#resting = setTimeout(() => this.#rest(), SETTLED);
    }
    this.#coming ||= requestAnimationFrame(() => this.drawNow(null, this.#resting !== 0));
  }

  #rest() {
    if (this.#resting === 0) return;
    clearTimeout(this.#resting);
    this.#resting = 0;
    this.schedule("rest");
  }

  /** @param {"pixels" | "place" | null} more what is to be drawn beside what was scheduled */
  drawNow(more, isMoving = false) {
    cancelAnimationFrame(this.#coming);
    this.#coming = 0;
    const dirty = new Set(more ? [...this.#dirty, more] : this.#dirty);
    this.#dirty.clear();
    const isPlaced = ["pixels", "place", "rest"].some((what) => dirty.has(what));
    if (isPlaced) this.#drawImage(dirty.has("pixels"), isMoving);
    if (isPlaced || dirty.has("heatmap")) this.#drawHeatmap();
    this.#drawMarks();
    this.#magnify();
    this.noteState();
  }

  #drawImage(isWindowed, isMoving) {
    const { display, geometry, image } = this;
    // While a hand moves, pixels that the screen cannot show are left out.
    const step = isMoving ? Math.max(1, Math.floor(1 / (geometry.scale * geometry.screen.ratio))) : 1;
    if (image && (isWindowed || image.step !== step)) image.paint(this.window, this.shown.inverted, step);
    display.drawImage(geometry, image, isMoving);
    const edges = this.parts.showEdges(geometry, image?.header.orientation ?? null);
    this.surface.setAttribute("aria-label", `${this.say("image")} ${edges}`.trim());
  }

  #drawHeatmap() {
    const heatmap = this.visibleHeatmap;
    this.display.drawHeatmap(this.geometry, heatmap?.mode === "colour" ? heatmap : null);
    const contour = heatmap?.mode === "contour" ? heatmap.threshold || LINE : null;
    this.parts.showScale(heatmap && { ...heatmap, contour });
  }

  #drawMarks() {
    const { image, draft, visibleHeatmap: heatmap } = this;
    const marks = image ? this.shownMarks : [];
    this.parts.marks.show(marks.map((mark) => markName(image.header, mark, this.#lines(mark), this.say)), this.selected);
    this.display.drawMarks(this.geometry, {
      marks: image && draft ? [...marks, draft] : marks,
      selected: this.selected,
      lines: (mark) => this.#lines(mark),
      crosshair: this.#crosshair,
      contour: heatmap?.mode === "contour" ? { ...heatmap, threshold: heatmap.threshold || LINE } : null,
    });
  }

  #lines(mark) {
    const known = this.#measured.get(mark);
    if (known?.samples === this.image.samples) return known.lines;
    const lines = markLines(this.image, mark, this.say);
    this.#measured.set(mark, { samples: this.image.samples, lines });
    return lines;
  }

  /** For tests, and for other code on the page that asks what is visible. */
  noteState() {
    const { dataset } = this.root;
    dataset.image = this.image ? "shown" : "absent";
    const heatmap = this.visibleHeatmap;
    dataset.heatmap = heatmap ? "shown" : "absent";
    dataset.heatmapUrl = heatmap?.url ?? "";
  }
}
