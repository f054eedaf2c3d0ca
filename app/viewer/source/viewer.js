// The image viewer: one canvas, what is shown on it, and everything a reader can do to it.
// Nothing here asks the server for a rerun, but a change of frame, which changes what is predicted.

import { Controls } from "./controls.js";
import { element } from "./elements.js";
import { listen } from "./gestures.js";
import { bytesFromHex, Heatmap } from "./heatmap.js";
import { recall, remember } from "./memory.js";
import { Picture } from "./picture.js";
import { Stage } from "./stage.js";
import { tableFromBase64 } from "./windowing.js";
import { fetchSamples } from "./wire.js";

const HELP = "Image. Drag: window. Wheel: zoom. Right or Shift drag, arrows: move. Shift and arrows: "
  + "window. Plus, minus, 0 fit, 1 one to one, I invert, O heatmap, D what dragging does, R reset, "
  + "comma and full stop: frames.";
const DEFAULTS = { preset: 0, window: null, inverted: false, zoom: null, middle: null, opacity: 0.5 };

export class Viewer {
  constructor(root) {
    this.canvas = element("canvas", { tabindex: "0", role: "img", "aria-label": HELP, class: "image" });
    this.message = element("p", { class: "message", role: "status" });
    this.stage = new Stage(this.canvas);
    this.drag = "window";
    this.view = { ...DEFAULTS };
    this.picture = null;
    this.maps = [];
    this.heatmap = null;
    this.overlay = false;
    this.controls = new Controls(this);
    this.screen = element("div", { class: "screen" }, this.canvas, this.message);
    this.root = element("div", { class: "viewer" },
      this.controls.top, this.screen, this.controls.bottom, this.controls.about);
    root.append(this.root);
    listen(this.canvas, this);
    this.resizing = new ResizeObserver(() => this.#draw());
    this.resizing.observe(this.canvas);
  }

  destroy() {
    this.resizing.disconnect();
    this.loading?.abort();
    this.root.remove();
  }

  /** New data from the page. What did not change is not fetched again. */
  update(data, setStateValue) {
    this.setFrame = (frame) => setStateValue("frame", frame);
    this.screen.style.height = `${data.height}px`;
    if (data.colours !== this.colourText) {
      this.colourText = data.colours;
      this.colours = bytesFromHex(data.colours);
      this.controls.setColours(this.colours);
    }
    this.#updateMaps(data);
    this.frames = data.frames;
    this.frame = data.frame;
    this.controls.showFrames(data.frames, data.frame);
    const name = `${data.case}/${data.frame}`;
    if (this.name !== name || this.url !== data.image) this.#load(name, data.image);
    else this.#refresh();
  }

  #updateMaps(data) {
    this.maps = data.maps;
    const gone = this.map && !this.maps.some(({ id }) => id === this.map);
    // The reader has just asked for a map: show it. Later reruns leave the switch alone.
    if (data.chosen && data.turn !== this.turn) {
      this.overlay = true;
      this.map = data.chosen;
    } else if (gone || !this.map) {
      this.map = this.maps[0]?.id ?? null;
    }
    this.chosen = data.chosen;
    this.turn = data.turn;
    this.controls.showMaps(this.maps, this.map);
    this.#loadMap();
  }

  async #load(name, url) {
    this.loading?.abort();
    this.loading = new AbortController();
    const anotherCase = this.name?.split("/")[0] !== name.split("/")[0];
    this.name = name;
    this.url = url;
    this.picture = null;
    if (anotherCase && !this.chosen) this.overlay = false;
    this.view = { ...DEFAULTS, ...recall(name) };
    this.#say("Loading the image…");
    const { signal } = this.loading;
    try {
      const answer = await fetchSamples(url, "The image", signal);
      if (signal.aborted) return;
      for (const window of answer.head.windows) {
        if (window.table) window.table = tableFromBase64(window.table);
      }
      this.picture = new Picture(answer);
      this.stage.setImage(answer.head);
      this.stage.zoom = this.view.zoom;
      this.stage.middle = this.view.middle;
      this.controls.showPresets(answer.head.windows);
      this.#say("");
      this.#paint();
    } catch (error) {
      if (error.name !== "AbortError" && !signal.aborted) this.#say(error.message);
    }
  }

  async #loadMap() {
    const map = this.#chosenMap();
    if (!map || !this.overlay || this.heatmap?.url === map.url) return this.#refresh();
    // A better map of the same node is on its way: the one before stays until it is here.
    if (this.heatmap?.id !== map.id) this.heatmap = null;
    this.#refresh();
    try {
      const loaded = new Heatmap(await fetchSamples(map.url, "The heatmap"), this.colours);
      if (this.#chosenMap()?.url !== map.url) return undefined;
      this.heatmap = Object.assign(loaded, { id: map.id, url: map.url, about: map });
      this.#say("");
    } catch (error) {
      if (this.#chosenMap()?.url !== map.url) return undefined;
      this.overlay = false;
      this.#note(error.message);
    }
    return this.#refresh();
  }

  #chosenMap() {
    return this.maps.find(({ id }) => id === this.map);
  }

  get window() {
    if (!this.picture || this.picture.isColour) return null;
    return this.view.window ?? this.picture.head.windows[this.view.preset ?? 0] ?? this.picture.head.windows[0];
  }

  choosePreset(value) {
    if (value === "own") return this.#changeView({ preset: null, window: { ...this.#plainWindow() } });
    return this.#changeView({ preset: Number(value), window: null });
  }

  setWindow(change) {
    if (!this.picture || this.picture.isColour) return;
    const window = { ...this.#plainWindow(), ...change };
    if (!Number.isFinite(window.centre) || !(window.width > 0)) return this.#refresh();
    return this.#changeView({ preset: null, window });
  }

  dragWindow(x, y) {
    if (!this.picture || this.picture.isColour) return;
    const { head } = this.picture;
    const step = Math.max((head.high - head.low) / 800, 1e-6);
    const window = this.#plainWindow();
    const width = Math.max(step, window.width + x * step);
    this.#changeView({ preset: null, window: { ...window, width, centre: window.centre + y * step } });
  }

  /** The window in force, as centre and width even where the file gave a table. */
  #plainWindow() {
    const { table, centre, width, function: shape } = this.window;
    return { function: table ? "LINEAR_EXACT" : shape, centre, width };
  }

  toggleInvert() { this.#changeView({ inverted: !this.view.inverted }); }
  setOpacity(opacity) { this.#changeView({ opacity }, false); }
  reset() {
    this.stage.fit();
    this.#changeView({ ...DEFAULTS, opacity: this.view.opacity });
  }

  toggleDrag() {
    this.drag = this.drag === "pan" ? "window" : "pan";
    this.#refresh();
  }

  toggleOverlay() {
    if (this.maps.length === 0) return;
    this.overlay = !this.overlay;
    this.#loadMap();
  }

  chooseMap(id) {
    this.map = id;
    this.overlay = true;
    this.#loadMap();
  }

  zoomBy(factor, x, y) { this.#move(() => this.stage.zoomBy(factor, x, y)); }
  panBy(x, y) { this.#move(() => this.stage.panBy(x, y)); }
  fit() { this.#move(() => this.stage.fit()); }
  actualSize() { this.#move(() => this.stage.actualSize()); }

  chooseFrame(frame) {
    if (frame !== this.frame) this.setFrame(frame);
  }

  stepFrame(step) {
    const frame = Math.min(this.frames - 1, Math.max(0, this.frame + step));
    this.chooseFrame(frame);
  }

  pointAt(x, y) {
    if (!this.picture || x === null) return this.#note("");
    const place = this.stage.toImage(x, y);
    const { columns, rows } = this.picture.head;
    let words = this.picture.describe(Math.floor(place.column), Math.floor(place.row));
    const value = this.#shownMap()?.valueAt(place.column / columns, place.row / rows);
    if (words && value !== null && value !== undefined) words += ` · heatmap ${value.toFixed(2)}`;
    return this.#note(words);
  }

  #shownMap() {
    return this.overlay ? this.heatmap : null;
  }

  /** The words of the map that is to be seen, also while a better one of its node is on its way. */
  #aboutShown() {
    const shown = this.#shownMap();
    return shown ? this.maps.find(({ url }) => url === shown.url) ?? shown.about : null;
  }

  #move(change) {
    if (!this.picture) return;
    change();
    this.#changeView({ zoom: this.stage.zoom, middle: this.stage.middle }, false);
  }

  #changeView(change, repaint = true) {
    Object.assign(this.view, change);
    if (this.name) remember(this.name, this.view);
    if (repaint) this.#paint();
    else this.#refresh();
  }

  /** Windowing touches every sample, so several changes of one screen frame are painted once. */
  #paint() {
    if (this.painting) return;
    this.painting = requestAnimationFrame(() => {
      this.painting = 0;
      this.picture?.paint(this.window, this.view.inverted);
      this.#refresh();
    });
  }

  #refresh() {
    this.controls.refresh({
      ...this.view,
      window: this.window,
      isColour: Boolean(this.picture?.isColour),
      drag: this.drag,
      zoom: this.picture ? this.stage.scale * (globalThis.devicePixelRatio || 1) : null,
      maps: this.maps.length,
      overlay: this.overlay,
      about: this.#aboutShown(),
    });
    this.#draw();
  }

  #draw() {
    this.stage.resize();
    if (this.picture) this.stage.draw(this.picture, this.#shownMap(), this.view.opacity);
    // For tests and for other code on the page that wants to know what is to be seen.
    this.root.dataset.image = this.picture ? "shown" : "absent";
    const shown = this.picture && this.#shownMap();
    this.root.dataset.heatmap = shown ? "shown" : "absent";
    this.root.dataset.heatmapUrl = shown ? shown.url : "";
  }

  #say(words) {
    this.message.textContent = words;
    this.message.hidden = !words;
    if (words) this.root.dataset.image = "absent";
  }

  #note(words) {
    this.controls.status.textContent = words;
  }
}
