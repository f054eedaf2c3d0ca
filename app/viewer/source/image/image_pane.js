// An image that a reader looks at, measures and draws on. Panes stand alone or side by side.

import { recall, remember } from "../memory.js";
import { act } from "./actions.js";
import { Frames } from "./frames.js";
import { ImageCanvas } from "./image_canvas.js";
import { follow } from "./link.js";
import { LOADED } from "./looking.js";
import { Painting } from "./painting.js";
import { Pointer } from "./pointer.js";
import { store } from "./store.js";

/**
 * One image with everything that a hand can do to it. The pane has no words and no keys of its own: both come
 * with what `pane_data()` in app/viewer/words.py hands out, and whoever holds the keyboard calls `run(id)` with
 * an id of app/viewer/actions.py.
 *
 *     const pane = new ImagePane(root, { ...paneData, onStatus, onMarks, onFrame, onView, onTool });
 *     await pane.show({ key, frame, frames, url: (frame) => `/api/pixels/${id}/${frame}` });
 *     await pane.setHeatmap({ url, palette: "finding", title });  // or "normal"; null takes it away
 *     pane.heatmap = { mode: "contour", threshold: 0.4 };  // also opacity, hidden
 *     pane.drawing = { kind: "rectangle", purpose: "finding" };
 *     pane.setMarks(marks, frame);  // [{ kind, points, purpose, text }], as in app/domain/marks.py; then pane.marks
 *     pane.view;           // { preset, window, inverted, zoom, middle, turns, mirrored }
 *     pane.prefetch(url);  // the next case: showing it then asks the server for nothing
 *     pane.link(other, { zoom: true, window: true, crosshair: true });
 *
 * `root` gives the pane its size (the pane grows in a flex box). Callbacks, all optional: onStatus(text) what
 * lies under the pointer; onMarks(marks) a hand changed them, not `pane.marks = …`; onFrame(frame) the reader chose one (while frames
 * play, the one at which they stop); onView(view) window, place or heatmap changed; onTool({ tool, drawing }),
 * also after a mark is drawn. Window and place of a key outlive a reload (session storage); marks are the
 * caller's to keep.
 */
export class ImagePane extends Painting {
  #wanted = 0;
  #chosen = null;
  #links = new Map();

  /** @param {{colours: object, words: object, rate: number}} data as `pane_data()` */
  constructor(root, { colours, words, rate, ...callbacks }) {
    super(root, { colours, words });
    this.callbacks = callbacks;
    this.sequence = new Frames(store, (frame) => this.#load(frame), () => this.#showFrames());
    Object.assign(this.sequence, { rate, name: this.say("the image") });
    this.pointer = new Pointer(this.surface, this);
  }

  destroy() {
    this.#wanted += 1;
    this.sequence.stop();
    this.pointer.destroy();
    this.unlink();
    super.destroy();
  }

  /**
   * Fetch and show an image. Of the same key (a case) window, place and marks stay.
   *
   * @param {{key: string, frame?: number, frames?: number, url: (frame: number) => string}} wanted
   * @returns {Promise<number | null>} milliseconds until it was painted; null where another was asked for
   *     meanwhile, or it cannot be shown (the pane says why)
   */
  async show({ key, frame = 0, frames = 1, url }) {
    if (key !== this.key) this.#leave(key);
    Object.assign(this.sequence, { count: frames, url });
    if (this.image && url(frame) === this.address) {
      if (this.#chosen === null) this.#wanted += 1; // of frames that played one may still be on its way
      this.#showFrames();
      this.#fetchFrames(); // how many there are may not have been known before
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
    this.setMarks([], 0);
    this.setHeatmap(null);
    this.restore(LOADED);
  }

  async #load(frame) {
    const began = performance.now();
    this.#wanted += 1;
    const mine = this.#wanted;
    const address = this.sequence.url(frame);
    if (frame !== this.frame) this.#leaveFrame();
    if (!this.image && !store.has(address)) this.parts.showMessage(this.say("loading"));
    this.noteState();
    try {
      const answer = await store.get(address, this.say("the image"));
      if (mine !== this.#wanted) return null;
      this.#take(answer, frame, address);
    } catch (error) {
      if (mine !== this.#wanted) return null;
      this.image = null;
      this.sequence.stop();
      this.parts.showMessage(error.message);
      this.noteState();
      return null;
    }
    await new Promise((resolve) => { requestAnimationFrame(resolve); });
    return performance.now() - began;
  }

  /** What is of the frame that was shown goes with it: its heatmap, and what a hand was drawing. */
  #leaveFrame() {
    this.setHeatmap(null);
    if (this.drawing || this.selected !== null) this.pointer.cancel();
    this.select(null);
  }

  #take(answer, frame, address) {
    const isFirst = !this.image;
    if (isFirst) this.image = new ImageCanvas(answer);
    else this.image.show(answer);
    this.geometry.setImage(answer.header);
    this.address = address;
    this.sequence.frame = frame;
    this.display.resize(this.geometry);
    if (isFirst) {
      this.restore(recall(this.key));
      for (const [other, linked] of this.#links) follow(other, this, linked);
    }
    this.parts.showMessage("");
    this.#showFrames();
    this.drawNow("pixels");
    this.callbacks.onView?.(this.view);
    this.#fetchFrames();
  }

  #fetchFrames() {
    if (!this.sequence.plays && this.frames > 1) this.sequence.fetchAhead(this.image.samples.byteLength);
  }

  /** Fetch an image that is wanted soon. */
  prefetch(url) {
    return store.prefetch(url, this.say("the image"));
  }

  get frames() {
    return this.sequence.count;
  }

  get frame() {
    return this.sequence.frame;
  }

  /** Of frames that are chosen while another is on its way, the last one is fetched after it. */
  async chooseFrame(frame) {
    if (frame < 0 || frame >= this.frames) return;
    this.sequence.stop();
    const isUnderWay = this.#chosen !== null;
    this.#chosen = frame;
    if (isUnderWay) return;
    const before = this.frame;
    while (this.#chosen !== this.frame && (await this.#load(this.#chosen)) !== null);
    this.#chosen = null;
    if (this.frame !== before) this.callbacks.onFrame?.(this.frame);
  }

  get isMarkable() {
    return this.marksFrame === this.frame;
  }

  stepFrame(step) {
    return this.chooseFrame((this.#chosen ?? this.frame) + step);
  }

  togglePlay() {
    if (!this.sequence.plays) return this.sequence.play();
    this.sequence.stop();
    this.#wanted += 1; // the next frame may be on its way
    return this.callbacks.onFrame?.(this.frame);
  }

  #showFrames() {
    this.parts.showFrames(this.frames, this.frame, this.sequence.plays, this.sequence.rate);
    this.root.dataset.frame = String(this.frame);
  }

  /** @param {string} id of an action; `held` false ends one that lasts while its key is held */
  run(id, { held = true } = {}) {
    return act(this, id, held);
  }

  cancel() {
    this.pointer.cancel();
    this.select(null);
    if (this.drawing) this.drawing = null;
  }

  /** Two panes follow each other from now on, the other one first. What is not named is not followed. */
  link(other, { zoom = false, window = false, crosshair = false }) {
    this.#links.set(other, { zoom, window, crosshair });
    other.#links.set(this, { zoom, window, crosshair });
    follow(this, other, { zoom, window });
    other.schedule("pixels");
  }

  /** This pane follows no other, and none follows it. */
  unlink() {
    for (const other of this.#links.keys()) other.#links.delete(this);
    this.#links.clear();
  }

  /** @param {{x: number, y: number} | null} place of the pointer, CSS pixels in the pane; null: it is not there */
  pointAt(place) {
    const position = place && this.image ? this.geometry.toImage(place.x, place.y) : null;
    this.callbacks.onStatus?.(position ? this.#describe(position) : "");
    for (const [other, { crosshair }] of this.#links) if (crosshair) other.#cross(position, this.geometry.size);
    this.magnifyAt(place);
  }

  #cross(position, { columns, rows }) {
    const own = this.geometry.size;
    this.crosshair = position && this.image && {
      column: (position.column / columns) * own.columns,
      row: (position.row / rows) * own.rows,
    };
  }

  #describe({ column, row }) {
    const at = [Math.floor(column), Math.floor(row)];
    const texts = [this.image.describe(...at, this.say), this.image.describeStored(...at, this.say)];
    const { columns, rows } = this.geometry.size;
    const value = this.visibleHeatmap?.map.valueAt(column / columns, row / rows) ?? null;
    if (texts[0] && value !== null) texts.push(this.say("heatmap", { value: value.toFixed(2) }));
    return texts.filter(Boolean).join(" · ");
  }

  marksChanged() {
    this.callbacks.onMarks?.(this.marks);
  }

  toolChanged() {
    this.surface.dataset.tool = this.drawing?.kind ?? this.tool;
    if (this.drawing && this.sequence.plays) this.togglePlay(); // a mark is of one frame
    this.callbacks.onTool?.({ tool: this.tool, drawing: this.drawing });
  }

  /** A hand changed something: draw it, keep it, tell it, and let the linked panes follow. */
  changed(what) {
    this.schedule(what);
    if (what === "marks") return;
    if (this.image && (what === "pixels" || what === "place")) {
      remember(this.key, this.view);
      for (const [other, linked] of this.#links) {
        follow(this, other, linked);
        other.schedule(what);
      }
    }
    this.callbacks?.onView?.(this.view);
  }
}
