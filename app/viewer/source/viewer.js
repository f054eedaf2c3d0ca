// The image viewer: one canvas, what it shows, and everything that a reader can do with it.
// Only a change of frame asks the server for a rerun, since it changes the prediction.

import { Controls } from "./controls.js";
import { element } from "./elements.js";
import { fetchSamples } from "./encoding.js";
import { listen } from "./gestures.js";
import { bytesFromHex, Heatmap } from "./heatmap.js";
import { ImageCanvas } from "./image_canvas.js";
import { recall, remember } from "./memory.js";
import { Stage } from "./stage.js";
import { tableFromBase64 } from "./windowing.js";

const HELP = "Image. Drag: window. Wheel: zoom. Right or Shift drag, arrows: move. Shift and arrows: "
  + "window. Plus, minus, 0 fit, 1 one to one, I invert, O heatmap, D switch dragging, R reset, "
  + "comma and full stop: frames.";
const DEFAULTS = { preset: 0, window: null, inverted: false, zoom: null, middle: null, opacity: 0.5 };

export class Viewer {
  constructor(root) {
    this.canvas = element("canvas", { tabindex: "0", role: "img", "aria-label": HELP, class: "image" });
    this.message = element("p", { class: "message", role: "status" });
    this.stage = new Stage(this.canvas);
    this.drag = "window";
    this.view = { ...DEFAULTS };
    this.image = null;
    this.heatmaps = [];
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
    this.#updateHeatmaps(data);
    this.frames = data.frames;
    this.frame = data.frame;
    this.controls.showFrames(data.frames, data.frame);
    const name = `${data.case}/${data.frame}`;
    if (this.name !== name || this.url !== data.image) this.#load(name, data.image);
    else this.#refresh();
  }

  #updateHeatmaps(data) {
    this.heatmaps = data.heatmaps;
    const isGone = this.selectedId && !this.heatmaps.some(({ id }) => id === this.selectedId);
    // The reader has just asked for a heatmap: show it. Later reruns do not touch the switch.
    if (data.requested && data.requests !== this.requests) {
      this.overlay = true;
      this.selectedId = data.requested;
    } else if (isGone || !this.selectedId) {
      this.selectedId = this.heatmaps[0]?.id ?? null;
    }
    this.requested = data.requested;
    this.requests = data.requests;
    this.controls.showHeatmaps(this.heatmaps, this.selectedId);
    this.#loadHeatmap();
  }

  async #load(name, url) {
    this.loading?.abort();
    this.loading = new AbortController();
    const anotherCase = this.name?.split("/")[0] !== name.split("/")[0];
    this.name = name;
    this.url = url;
    this.image = null;
    if (anotherCase && !this.requested) this.overlay = false;
    this.view = { ...DEFAULTS, ...recall(name) };
    this.#showMessage("Loading the image…");
    const { signal } = this.loading;
    try {
      const answer = await fetchSamples(url, "The image", signal);
      if (signal.aborted) return;
      for (const window of answer.header.windows) {
        if (window.table) window.table = tableFromBase64(window.table);
      }
      this.image = new ImageCanvas(answer);
      this.stage.setSize(answer.header);
      this.stage.zoom = this.view.zoom;
      this.stage.middle = this.view.middle;
      this.controls.showPresets(answer.header.windows);
      this.#showMessage("");
      this.#paint();
    } catch (error) {
      if (error.name !== "AbortError" && !signal.aborted) this.#showMessage(error.message);
    }
  }

  async #loadHeatmap() {
    const selected = this.#selected();
    // The last one is gone: of a refused image it was hidden, or another model was chosen.
    if (!selected) this.heatmap = null;
    if (!selected || !this.overlay || this.heatmap?.url === selected.url) return this.#refresh();
    // A better heatmap of the same node is being loaded: the old one stays until then.
    if (this.heatmap?.id !== selected.id) this.heatmap = null;
    this.#refresh();
    try {
      const loaded = new Heatmap(await fetchSamples(selected.url, "The heatmap"), this.colours);
      if (this.#selected()?.url !== selected.url) return undefined;
      this.heatmap = Object.assign(loaded, { id: selected.id, url: selected.url, about: selected });
      this.#showMessage("");
    } catch (error) {
      if (this.#selected()?.url !== selected.url) return undefined;
      this.overlay = false;
      this.#showStatus(error.message);
    }
    return this.#refresh();
  }

  #selected() {
    return this.heatmaps.find(({ id }) => id === this.selectedId);
  }

  get window() {
    if (!this.image || this.image.isColour) return null;
    return this.view.window ?? this.image.header.windows[this.view.preset ?? 0] ?? this.image.header.windows[0];
  }

  choosePreset(value) {
    if (value === "own") return this.#changeView({ preset: null, window: { ...this.#currentWindow() } });
    return this.#changeView({ preset: Number(value), window: null });
  }

  setWindow(change) {
    if (!this.image || this.image.isColour) return;
    const window = { ...this.#currentWindow(), ...change };
    if (!Number.isFinite(window.centre) || !(window.width > 0)) return this.#refresh();
    return this.#changeView({ preset: null, window });
  }

  dragWindow(x, y) {
    if (!this.image || this.image.isColour) return;
    const { header } = this.image;
    const step = Math.max((header.high - header.low) / 800, 1e-6);
    const window = this.#currentWindow();
    const width = Math.max(step, window.width + x * step);
    this.#changeView({ preset: null, window: { ...window, width, centre: window.centre + y * step } });
  }

  /** The current window, as centre and width even where the file has a table. */
  #currentWindow() {
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
    if (this.heatmaps.length === 0) return;
    this.overlay = !this.overlay;
    this.#loadHeatmap();
  }

  chooseHeatmap(id) {
    this.selectedId = id;
    this.overlay = true;
    this.#loadHeatmap();
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

  showValueAt(x, y) {
    if (!this.image || x === null) return this.#showStatus("");
    const position = this.stage.toImage(x, y);
    const { columns, rows } = this.image.header;
    let text = this.image.describe(Math.floor(position.column), Math.floor(position.row));
    const value = this.#visibleHeatmap()?.valueAt(position.column / columns, position.row / rows);
    if (text && value !== null && value !== undefined) text += ` · heatmap ${value.toFixed(2)}`;
    return this.#showStatus(text);
  }

  #visibleHeatmap() {
    return this.overlay ? this.heatmap : null;
  }

  /** The texts of the visible heatmap, also while a better one of its node is being loaded. */
  #aboutVisible() {
    const visible = this.#visibleHeatmap();
    return visible ? this.heatmaps.find(({ url }) => url === visible.url) ?? visible.about : null;
  }

  #move(change) {
    if (!this.image) return;
    change();
    this.#changeView({ zoom: this.stage.zoom, middle: this.stage.middle }, false);
  }

  #changeView(change, repaint = true) {
    Object.assign(this.view, change);
    if (this.name) remember(this.name, this.view);
    if (repaint) this.#paint();
    else this.#refresh();
  }

  /** Windowing computes every sample, so all changes within one screen frame are painted once. */
  #paint() {
    if (this.painting) return;
    this.painting = requestAnimationFrame(() => {
      this.painting = 0;
      this.image?.paint(this.window, this.view.inverted);
      this.#refresh();
    });
  }

  #refresh() {
    this.controls.refresh({
      ...this.view,
      window: this.window,
      isColour: Boolean(this.image?.isColour),
      drag: this.drag,
      zoom: this.image ? this.stage.scale * (globalThis.devicePixelRatio || 1) : null,
      heatmaps: this.heatmaps.length,
      overlay: this.overlay,
      about: this.#aboutVisible(),
    });
    this.#draw();
  }

  #draw() {
    this.stage.resize();
    if (this.image) this.stage.draw(this.image, this.#visibleHeatmap(), this.view.opacity);
    // For tests, and for other code on the page that asks what is visible.
    this.root.dataset.image = this.image ? "shown" : "absent";
    const visible = this.image && this.#visibleHeatmap();
    this.root.dataset.heatmap = visible ? "shown" : "absent";
    this.root.dataset.heatmapUrl = visible ? visible.url : "";
  }

  #showMessage(text) {
    this.message.textContent = text;
    this.message.hidden = !text;
    if (text) this.root.dataset.image = "absent";
  }

  #showStatus(text) {
    this.controls.status.textContent = text;
  }
}
