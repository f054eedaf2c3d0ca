// The image on today's review page: the pane, bars around it, and what Streamlit sends and hears.
// Only a change of frame asks the server for a rerun, since it changes the prediction.

import { Controls } from "./controls.js";
import { element } from "./elements.js";
import { actionOf } from "./image/actions.js";
import { ImagePane } from "./image/image_pane.js";

export class Viewer {
  constructor(root, data) {
    this.screen = element("div", { class: "screen" });
    this.heatmaps = [];
    this.overlay = false;
    this.pane = new ImagePane(this.screen, {
      ...data.pane,
      onStatus: (text) => { this.controls.status.textContent = text; },
      onFrame: (frame) => this.#sendFrame(frame),
      onView: () => this.#refresh(),
      onTool: () => this.#refresh(),
    });
    this.controls = new Controls(this);
    this.root = element("div", { class: "viewer" },
      this.controls.top, this.screen, this.controls.bottom, this.controls.about);
    root.append(this.root);
    this.root.addEventListener("keydown", (event) => this.#press(event, true));
    this.root.addEventListener("keyup", (event) => this.#press(event, false));
    this.root.addEventListener("focusout", () => this.pane.hideHeatmap(false));
  }

  destroy() {
    this.pane.destroy();
    this.root.remove();
  }

  /** New data from the page. What did not change is not fetched again. */
  async update(data, setStateValue) {
    this.setFrame = (frame) => setStateValue("frame", frame);
    this.screen.style.height = `${data.height}px`;
    const isAnother = data.case !== this.case;
    this.case = data.case;
    if (isAnother) {
      this.sent = null;
      if (!data.requested || data.requests === this.requests) this.overlay = false;
    }
    const url = (frame) => data.image.replace("{frame}", frame);
    // An answer to an older choice may come late: the reader is at another frame by now.
    const isLate = this.sent !== null && data.frame !== this.sent;
    if (!isLate) this.sent = null;
    const frame = isLate ? this.sent : data.frame;
    const shown = this.pane.show({ key: data.case, frame, frames: data.frames, url });
    this.#updateHeatmaps(data);
    await shown;
    this.controls.showPresets(this.pane.presets);
    this.#refresh();
  }

  #sendFrame(frame) {
    this.sent = frame;
    this.setFrame(frame);
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
    this.requests = data.requests;
    this.controls.showHeatmaps(this.heatmaps, this.selectedId);
    this.#showHeatmap();
  }

  async #showHeatmap() {
    const selected = this.#selected();
    this.pane.heatmap = { hidden: !this.overlay };
    if (!selected || !this.overlay) {
      if (!selected) this.#setHeatmap(null);
      return;
    }
    // A better heatmap of the same node is being loaded: the old one stays until then.
    if (this.about?.id !== selected.id) this.#setHeatmap(null);
    try {
      if (await this.pane.setHeatmap({ url: selected.url })) this.about = selected;
    } catch (error) {
      if (this.#selected()?.url !== selected.url) return;
      this.overlay = false;
      this.pane.heatmap = { hidden: true };
      this.controls.status.textContent = error.message;
    }
    this.#refresh();
  }

  #setHeatmap(heatmap) {
    this.about = null;
    this.pane.setHeatmap(heatmap);
  }

  #selected() {
    return this.heatmaps.find(({ id }) => id === this.selectedId);
  }

  choosePreset(value) {
    if (value === "own") this.pane.ownWindow();
    else this.pane.choosePreset(Number(value));
  }

  setWindow(change) {
    this.pane.setWindow(change);
    this.#refresh();
  }

  setOpacity(opacity) { this.pane.heatmap = { opacity }; }

  toggleOverlay() {
    if (this.heatmaps.length === 0) return;
    this.overlay = !this.overlay;
    this.#showHeatmap();
  }

  chooseHeatmap(id) {
    this.selectedId = id;
    this.overlay = true;
    this.#showHeatmap();
  }

  /** Keys on the image and on the bars, but where something is typed or chosen. */
  #press(event, held) {
    const at = event.composedPath()[0];
    const isTyping = at.matches("input, select") || (at.matches("button") && [" ", "Enter"].includes(event.key));
    const action = isTyping ? undefined : actionOf(event, this.pane.actions);
    if (!action) return;
    if (held && action.id === "heatmap") this.toggleOverlay();
    else if (action.hold) this.pane.run(action.id, { held });
    else if (held) this.pane.run(action.id);
    event.preventDefault();
    // Streamlit has keys of its own (R reruns the page); a key pressed on the image must not reach it.
    event.stopPropagation();
  }

  #refresh() {
    const { pane } = this;
    const visible = pane.visibleHeatmap;
    this.controls.refresh({
      ...pane.view,
      window: pane.window,
      isColour: Boolean(pane.image?.isColour),
      tool: pane.drawing ? pane.drawing.kind : pane.tool,
      zoom: pane.image ? pane.geometry.scale * (globalThis.devicePixelRatio || 1) : null,
      heatmaps: this.heatmaps.length,
      overlay: this.overlay,
      // The texts of the visible heatmap, also while a better one of its node is being loaded.
      about: visible ? this.heatmaps.find(({ url }) => url === visible.url) ?? this.about : null,
      opacity: pane.heatmap.opacity,
      contour: pane.heatmap.mode === "contour",
    });
  }
}
