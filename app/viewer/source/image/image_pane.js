// An image that a reader looks at, measures and draws on. Panes stand alone or side by side.

import { recall, remember } from "../memory.js";
import { act } from "./actions.js";
import { Display } from "./display.js";
import { Frames } from "./frames.js";
import { bytesFromHex, Heatmap } from "./heatmap.js";
import { ImageCanvas } from "./image_canvas.js";
import { follow } from "./link.js";
import { LOADED } from "./looking.js";
import { Marking } from "./marking.js";
import { markLines } from "./measures.js";
import { element } from "../elements.js";
import { Parts, speaker } from "./parts.js";
import { Pointer } from "./pointer.js";
import { store } from "./store.js";

const NO_HEATMAP = Object.freeze({ mode: "colour", threshold: 0, opacity: 0.5, hidden: false });
const LINE = 0.5; // the contour's threshold where none is chosen
const SETTLED = 150; // milliseconds after which a hand is taken to rest

/**
 * One image with everything that a hand can do to it. The pane has no words and no keys of its own: both come
 * with what `app/viewer/words.py` hands out as `pane_data()`, and whoever holds the keyboard calls `run(id)` with
 * an id of `app/viewer/actions.py` (`actionOf(event, actions)` in actions.js finds it).
 *
 *     const pane = new ImagePane(root, { ...paneData, onStatus, onMarks, onFrame, onView, onTool });
 *     await pane.show({ key, frame, frames, url: (frame) => `/api/pixels/${id}/${frame}`, presets });
 *     await pane.setHeatmap({ url, palette: "finding" });
 *     pane.drawing = { kind: "rectangle", purpose: "finding" };
 *     pane.marks      // [{ kind, points, purpose, text }], as app/domain/marks.py
 *
 * `root` gives the pane its size. Callbacks, all optional: onStatus(text) what lies under the pointer;
 * onMarks(marks) a hand changed them; onFrame(frame) the reader chose one (not while frames play);
 * onView(view) window, place or heatmap changed; onTool({ tool, drawing }) also after a mark is drawn.
 */
export class ImagePane extends Marking {
  #wanted = 0;
  #heatWanted = null;
  #heat = null;
  #heatSettings = { ...NO_HEATMAP };
  #isPeeking = false;
  #links = new Map();
  #dirty = new Set();
  #drawing = 0;
  #resting = 0;
  #place = null;
  #crosshair = null;

  constructor(root, { colours, actions, words, rate = 10, ...callbacks }) {
    super();
    this.actions = actions;
    this.say = speaker(words);
    this.callbacks = callbacks;
    this.colours = { finding: bytesFromHex(colours.finding), normal: bytesFromHex(colours.normal) };
    this.sequence = new Frames(store, (frame) => this.#load(frame), () => this.#showFrames());
    this.sequence.rate = rate;
    this.display = new Display(this.say);
    this.parts = new Parts(this, this.say);
    this.surface = this.display.surface;
    this.root = element("div", { class: "pane" }, ...this.display.layers, ...this.parts.all);
    root.append(this.root);
    this.pointer = new Pointer(this.surface, this);
    this.resizing = new ResizeObserver(() => { if (this.display.resize(this.geometry)) this.#drawNow(["place"]); });
    this.resizing.observe(this.surface);
    this.#mark();
  }

  destroy() {
    this.#wanted += 1;
    this.sequence.stop();
    this.resizing.disconnect();
    this.pointer.destroy();
    this.unlink();
    cancelAnimationFrame(this.#drawing);
    clearTimeout(this.#resting);
    this.display.destroy();
    this.root.remove();
  }

  /**
   * Fetch and show an image. Of the same key (a case) window, place and marks stay.
   *
   * @param {{key: string, frame?: number, frames?: number, url: (frame: number) => string,
   *     presets?: {name: string, centre: number, width: number}[]}} wanted presets are the reader's own
   * @returns {Promise<number | null>} milliseconds until it was painted; null where another was asked for
   *     meanwhile, or it cannot be shown (the pane says why)
   */
  async show({ key, frame = 0, frames = 1, url, presets = [] }) {
    if (key !== this.key) this.#leave(key);
    this.saved = presets.map((preset) => ({ function: "LINEAR_EXACT", group: "own", ...preset }));
    const address = url(frame);
    Object.assign(this.sequence, { count: frames, url });
    if (this.image && address === this.address) {
      this.#showFrames();
      return 0;
    }
    this.sequence.stop();
    return this.#load(frame);
  }

  #leave(key) {
    this.key = key;
    this.image = null;
    this.address = null;
    this.sequence.stop();
    this.history.clear();
    this.pointer.cancel();
    this.marks = [];
    this.setHeatmap(null);
    this.shown = { ...LOADED };
    this.geometry.state = {};
  }

  async #load(frame) {
    const began = performance.now();
    const { key } = this;
    this.#wanted += 1;
    const mine = this.#wanted;
    const address = this.sequence.url(frame);
    if (!this.image) this.parts.showMessage(this.say("loading"));
    this.#mark();
    try {
      const answer = await store.get(address, "The image");
      if (mine !== this.#wanted) return null;
      this.#take(answer, key, frame, address);
    } catch (error) {
      if (mine !== this.#wanted) return null;
      this.image = null;
      this.sequence.stop();
      this.parts.showMessage(error.message);
      this.#mark();
      return null;
    }
    await new Promise((resolve) => { requestAnimationFrame(resolve); });
    return performance.now() - began;
  }

  #take(answer, key, frame, address) {
    const isFirst = !this.image;
    if (this.image) this.image.show(answer);
    else this.image = new ImageCanvas(answer);
    this.geometry.setImage(answer.header);
    if (isFirst) this.restore(recall(key));
    this.address = address;
    this.sequence.frame = frame;
    this.parts.showMessage("");
    this.#showFrames();
    this.display.resize(this.geometry);
    if (isFirst) for (const [other, linked] of this.#links) follow(other, this, linked);
    this.#drawNow(["pixels"]);
    this.callbacks.onView?.(this.view);
    if (!this.sequence.plays && this.frames > 1) this.sequence.fetchAhead(answer.samples.byteLength);
  }

  /** Fetch an image that is wanted soon: showing it then asks the server for nothing. */
  prefetch(url) {
    return store.prefetch(url);
  }

  get frames() {
    return this.sequence.count;
  }

  get frame() {
    return this.sequence.frame;
  }

  async chooseFrame(frame) {
    if (frame === this.frame || frame < 0 || frame >= this.frames) return;
    await this.#load(frame);
    if (this.frame === frame && !this.sequence.plays) this.callbacks.onFrame?.(frame);
  }

  stepFrame(step) {
    this.sequence.stop();
    return this.chooseFrame(this.frame + step);
  }

  togglePlay() {
    if (!this.sequence.plays) return this.sequence.play();
    this.sequence.stop();
    return this.callbacks.onFrame?.(this.frame);
  }

  #showFrames() {
    this.parts.showFrames(this.frames, this.frame, this.sequence.plays, this.sequence.rate);
  }

  /**
   * Lay a heatmap over the image, or take it away.
   *
   * @param {{url: string, palette?: "finding" | "normal"} | null} wanted
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
    const answer = this.#heat?.url === wanted.url ? null : await store.get(wanted.url, "The heatmap");
    if (this.#heatWanted !== wanted.url) return false;
    const map = answer ? new Heatmap(answer) : this.#heat.map;
    this.#heat = { map, url: wanted.url, palette: wanted.palette ?? "finding" };
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
    const { opacity, ...others } = change;
    Object.assign(this.#heatSettings, change);
    if (opacity !== undefined) this.display.heat.style.opacity = String(opacity);
    if (Object.keys(others).length) this.changed("heatmap");
    else this.callbacks.onView?.(this.view);
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
    return { ...settings, ...this.#heat, colours: this.colours[this.#heat.palette] };
  }

  /** @param {string} id of an action; `held` false ends one that lasts while its key is held */
  run(id, { held = true } = {}) {
    return act(this, id, held);
  }

  title(id) {
    return this.actions.find((action) => action.id === id)?.title ?? "";
  }

  cancel() {
    this.pointer.cancel();
    this.select(null);
    if (this.drawing) this.drawing = null;
  }

  /** Two panes follow each other from now on. What is not named is not followed. */
  link(other, { zoom = true, window = true, crosshair = true } = {}) {
    this.#links.set(other, { zoom, window, crosshair });
    other.#links.set(this, { zoom, window, crosshair });
  }

  unlink() {
    for (const other of this.#links.keys()) other.#links.delete(this);
    this.#links.clear();
  }

  /** @param {{x: number, y: number} | null} place of the pointer, CSS pixels in the pane */
  pointAt(place) {
    this.#place = place;
    const position = place && this.image ? this.geometry.toImage(place.x, place.y) : null;
    this.callbacks.onStatus?.(position ? this.#describe(position) : "");
    for (const [other, { crosshair }] of this.#links) if (crosshair) other.#cross(position, this.geometry.size);
    this.#magnify();
  }

  #cross(position, size) {
    const own = this.geometry.size;
    this.#crosshair = position && this.image && {
      column: (position.column / size.columns) * own.columns,
      row: (position.row / size.rows) * own.rows,
    };
    this.#schedule("marks");
  }

  #describe({ column, row }) {
    const at = [Math.floor(column), Math.floor(row)];
    const texts = [this.image.describe(...at, this.say), this.image.describeStored(...at, this.say)];
    const { columns, rows } = this.geometry.size;
    const value = this.visibleHeatmap?.map.valueAt(column / columns, row / rows) ?? null;
    if (texts[0] && value !== null) texts.push(this.say("heatmap", { value: value.toFixed(2) }));
    return texts.filter(Boolean).join(" · ");
  }

  #magnify() {
    const { display } = this;
    if (this.tool !== "magnifier" || this.drawing || !this.#place || !this.image) return display.magnifier.hide();
    const heatmap = this.visibleHeatmap;
    return display.magnify(this.geometry, this.#place, this.image, heatmap?.mode === "colour" ? heatmap : null);
  }

  marksChanged() {
    this.callbacks.onMarks?.(this.marks);
  }

  toolChanged() {
    this.surface.dataset.tool = this.drawing?.kind ?? this.tool;
    this.#magnify();
    this.callbacks.onTool?.({ tool: this.tool, drawing: this.drawing });
  }

  settle() {
    super.settle();
    this.#rest();
  }

  /** A hand changed something: draw it, keep it, tell it, and let the linked panes follow. */
  changed(what) {
    this.#schedule(what);
    if (what === "marks") return;
    if (this.image && what !== "heatmap") {
      remember(this.key, this.view);
      for (const [other, linked] of this.#links) {
        follow(this, other, linked);
        other.#schedule(what);
      }
    }
    this.callbacks.onView?.(this.view);
  }

  /** All changes within one frame of the screen are drawn once. */
  #schedule(what) {
    this.#dirty.add(what);
    if (what === "pixels" || what === "place") {
      clearTimeout(this.#resting);
      this.#resting = setTimeout(() => this.#rest(), SETTLED);
    }
    this.#drawing ||= requestAnimationFrame(() => this.#drawNow([], this.#resting !== 0));
  }

  #rest() {
    if (this.#resting === 0) return;
    clearTimeout(this.#resting);
    this.#resting = 0;
    this.#schedule("rest");
  }

  #drawNow(more, isMoving = false) {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = 0;
    const dirty = new Set([...this.#dirty, ...more]);
    this.#dirty.clear();
    const { display, geometry, image } = this;
    const isPlaced = ["pixels", "place", "rest"].some((what) => dirty.has(what));
    if (isPlaced) {
      // While a hand moves, pixels that the screen cannot show are left out.
      const step = isMoving ? Math.max(1, Math.floor(1 / (geometry.scale * geometry.screen.ratio))) : 1;
      if (image && (dirty.has("pixels") || image.step !== step)) image.paint(this.window, this.shown.inverted, step);
      display.drawImage(geometry, image, isMoving);
    }
    const heatmap = this.visibleHeatmap;
    if (isPlaced || dirty.has("heatmap")) {
      display.drawHeatmap(geometry, heatmap?.mode === "colour" ? heatmap : null);
      const contour = heatmap?.mode === "contour" ? heatmap.threshold || LINE : null;
      this.parts.showScale(heatmap && { ...heatmap, contour });
    }
    const edges = this.parts.showEdges(geometry, image?.header.orientation ?? null);
    this.surface.setAttribute("aria-label", `${this.say("image")} ${edges}`.trim());
    this.#drawMarks(heatmap);
    this.#magnify();
    this.#mark();
  }

  #drawMarks(heatmap) {
    const { image, draft } = this;
    this.display.drawMarks(this.geometry, {
      marks: image ? [...this.marks, ...(draft ? [draft] : [])] : [],
      selected: this.selected,
      lines: (mark) => this.#lines(mark),
      crosshair: this.#crosshair,
      contour: heatmap?.mode === "contour" ? { ...heatmap, threshold: heatmap.threshold || LINE } : null,
    });
  }

  /** Counting a region's values takes a moment, so it is done once for each mark and frame. */
  #measured = new WeakMap();

  #lines(mark) {
    const known = this.#measured.get(mark);
    if (known?.samples === this.image.samples) return known.lines;
    const lines = markLines(this.image, mark, this.say);
    this.#measured.set(mark, { samples: this.image.samples, lines });
    return lines;
  }

  /** For tests, and for other code on the page that asks what is visible. */
  #mark() {
    const { dataset } = this.root;
    dataset.image = this.image ? "shown" : "absent";
    dataset.frame = String(this.frame);
    const heatmap = this.visibleHeatmap;
    dataset.heatmap = heatmap ? "shown" : "absent";
    dataset.heatmapUrl = heatmap?.url ?? "";
  }
}
