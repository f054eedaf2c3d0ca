// The bars above and below the image. They hold no state: they show the viewer's state and call it.

import { button, element, options } from "./elements.js";
import { paintColourBar } from "./heatmap.js";

const OWN_WINDOW = "own";

export class Controls {
  constructor(viewer) {
    this.viewer = viewer;
    this.#buildWindow();
    this.#buildView();
    this.#buildHeatmap();
    this.top = element("div", { class: "bar", role: "toolbar", "aria-label": "Image" },
      this.windowGroup, this.invert, element("span", { class: "push" }), this.frameGroup, this.viewGroup);
    this.status = element("span", { class: "status", "aria-live": "off" });
    this.warning = element("span", { class: "warning" });
    this.description = element("span");
    this.about = element("p", { class: "about", role: "status" }, this.warning, this.description);
    this.bottom = element("div", { class: "bar", role: "toolbar", "aria-label": "Heatmap" },
      this.heatmapGroup, element("span", { class: "push" }), this.status);
  }

  #buildWindow() {
    const { viewer } = this;
    this.preset = element("select", {
      title: "Windows of the file",
      "aria-label": "Window",
      onchange: () => viewer.choosePreset(this.preset.value),
    });
    const number = (name, title) => element("input", {
      type: "number", step: "any", title, "aria-label": title, class: "number",
      onchange: (event) => viewer.setWindow({ [name]: Number(event.target.value) }),
    });
    this.centre = number("centre", "Window centre");
    this.width = number("width", "Window width");
    this.windowGroup = element("span", { class: "group" }, this.preset,
      element("label", { class: "short" }, "C", this.centre),
      element("label", { class: "short" }, "W", this.width));
    this.invert = button("Invert", "Invert the greys (I)", () => viewer.toggleInvert());
  }

  #buildView() {
    const { viewer } = this;
    this.frame = element("select", {
      title: "Frame (comma, full stop)", "aria-label": "Frame",
      onchange: () => viewer.chooseFrame(Number(this.frame.value)),
    });
    this.frameGroup = element("span", { class: "group" }, this.frame);
    this.drag = button("Drag: window", "Switch what dragging does (D)", () => viewer.toggleDrag());
    this.zoom = element("span", { class: "zoom", title: "Zoom" });
    this.viewGroup = element("span", { class: "group" },
      this.drag,
      button("−", "Zoom out (−)", () => viewer.zoomBy(1 / 1.25)),
      this.zoom,
      button("+", "Zoom in (+)", () => viewer.zoomBy(1.25)),
      button("Fit", "Fit the image (0)", () => viewer.fit()),
      button("1:1", "One image pixel per screen pixel (1)", () => viewer.actualSize()),
      button("Reset", "Back to the file's window, fit, not inverted (R)", () => viewer.reset()));
  }

  #buildHeatmap() {
    const { viewer } = this;
    this.overlay = button("Heatmap", "Heatmap on or off (O)", () => viewer.toggleOverlay());
    this.selection = element("select", {
      title: "Saved heatmaps", "aria-label": "Saved heatmaps", class: "heatmaps",
      onchange: () => viewer.chooseHeatmap(this.selection.value),
    });
    this.opacity = element("input", {
      type: "range", min: "0", max: "100", title: "Opacity of the heatmap",
      "aria-label": "Opacity of the heatmap",
      oninput: () => viewer.setOpacity(Number(this.opacity.value) / 100),
    });
    this.scale = element("canvas", {
      width: "256", height: "1", class: "scale", role: "img",
      "aria-label": "Colour scale of the heatmap, fixed from 0 to 1",
    });
    this.details = element("span", { class: "group details" }, this.selection,
      element("label", { class: "short" }, "Opacity", this.opacity),
      element("span", { class: "short" }, "0", this.scale, "1"));
    this.noHeatmap = element("span", { class: "hint" }, "No heatmap yet.");
    this.heatmapGroup = element("span", { class: "group" }, this.overlay, this.details, this.noHeatmap);
  }

  setColours(colours) {
    paintColourBar(this.scale, colours);
  }

  showFrames(count, frame) {
    this.frameGroup.hidden = count < 2;
    if (count < 2) return;
    options(this.frame, Array.from({ length: count }, (_, index) =>
      ({ value: String(index), label: `Frame ${index + 1}/${count}` })), String(frame));
    this.frame.value = String(frame);
  }

  showHeatmaps(heatmaps, selectedId) {
    options(this.selection, heatmaps.map(({ id, label }) => ({ value: id, label })), selectedId);
    if (selectedId) this.selection.value = selectedId;
  }

  showPresets(windows) {
    options(this.preset, [
      ...windows.map((window, index) =>
        ({ value: String(index), label: window.name || (index ? `Window ${index + 1}` : "File's window") })),
      { value: OWN_WINDOW, label: "Own window" },
    ], "0");
  }

  /** Set every control to the viewer's state. */
  refresh(state) {
    this.windowGroup.hidden = state.isColour;
    this.preset.value = state.preset === null ? OWN_WINDOW : String(state.preset);
    const hasTable = Boolean(state.window?.table);
    for (const [input, value] of [[this.centre, state.window?.centre], [this.width, state.window?.width]]) {
      input.disabled = hasTable;
      if (input !== input.getRootNode().activeElement) input.value = hasTable ? "" : numberText(value);
    }
    press(this.invert, state.inverted);
    this.drag.textContent = state.drag === "pan" ? "Drag: move" : "Drag: window";
    this.zoom.textContent = state.zoom === null ? "" : `${Math.round(100 * state.zoom)} %`;
    const hasHeatmaps = state.heatmaps > 0;
    press(this.overlay, state.overlay && hasHeatmaps);
    this.overlay.disabled = !hasHeatmaps;
    this.details.hidden = !hasHeatmaps || !state.overlay;
    this.noHeatmap.hidden = hasHeatmaps;
    this.#refreshAbout(state.about);
    this.opacity.value = String(Math.round(100 * state.opacity));
  }

  /** The text describes the heatmap that is visible, whoever chose it. */
  #refreshAbout(heatmap) {
    const warning = heatmap?.warning ? `⚠ ${heatmap.warning} ` : "";
    const description = (heatmap?.description ?? "").replaceAll(" %", "\u00a0%");
    // A screen reader reads a status again whenever it is written.
    if (this.warning.textContent !== warning) this.warning.textContent = warning;
    if (this.description.textContent !== description) this.description.textContent = description;
    this.about.hidden = !warning && !description;
  }
}

function press(node, on) {
  node.setAttribute("aria-pressed", on ? "true" : "false");
}

function numberText(value) {
  if (value === undefined || value === null) return "";
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}
