// The two bars over and under the image. They hold no state: they show the viewer's and call it.

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
    this.words = element("span");
    this.about = element("p", { class: "about", role: "status" }, this.warning, this.words);
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
    this.drag = button("Drag: window", "What dragging does (D)", () => viewer.toggleDrag());
    this.zoom = element("span", { class: "zoom", title: "Zoom" });
    this.viewGroup = element("span", { class: "group" },
      this.drag,
      button("−", "Zoom out (−)", () => viewer.zoomBy(1 / 1.25)),
      this.zoom,
      button("+", "Zoom in (+)", () => viewer.zoomBy(1.25)),
      button("Fit", "Fit the image (0)", () => viewer.fit()),
      button("1:1", "One stored pixel on one pixel of the screen (1)", () => viewer.actualSize()),
      button("Reset", "File's own window, fit, not inverted (R)", () => viewer.reset()));
  }

  #buildHeatmap() {
    const { viewer } = this;
    this.overlay = button("Heatmap", "Heatmap on or off (O)", () => viewer.toggleOverlay());
    this.map = element("select", {
      title: "Saved heatmaps", "aria-label": "Saved heatmaps", class: "map",
      onchange: () => viewer.chooseMap(this.map.value),
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
    this.details = element("span", { class: "group details" }, this.map,
      element("label", { class: "short" }, "Opacity", this.opacity),
      element("span", { class: "short" }, "0", this.scale, "1"));
    this.noMap = element("span", { class: "hint" }, "No heatmap yet: press Explain.");
    this.heatmapGroup = element("span", { class: "group" }, this.overlay, this.details, this.noMap);
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

  showMaps(maps, chosen) {
    options(this.map, maps.map(({ id, label }) => ({ value: id, label })), chosen);
    if (chosen) this.map.value = chosen;
  }

  showPresets(windows) {
    options(this.preset, [
      ...windows.map((window, index) =>
        ({ value: String(index), label: window.name || (index ? `Window ${index + 1}` : "File's window") })),
      { value: OWN_WINDOW, label: "Own window" },
    ], "0");
  }

  /** Bring every control in line with the viewer's state. */
  refresh(state) {
    this.windowGroup.hidden = state.isColour;
    this.preset.value = state.preset === null ? OWN_WINDOW : String(state.preset);
    const tabled = Boolean(state.window?.table);
    for (const [input, value] of [[this.centre, state.window?.centre], [this.width, state.window?.width]]) {
      input.disabled = tabled;
      if (input !== input.getRootNode().activeElement) input.value = tabled ? "" : tidy(value);
    }
    press(this.invert, state.inverted);
    this.drag.textContent = state.drag === "pan" ? "Drag: move" : "Drag: window";
    this.zoom.textContent = state.zoom === null ? "" : `${Math.round(100 * state.zoom)} %`;
    const hasMaps = state.maps > 0;
    press(this.overlay, state.overlay && hasMaps);
    this.overlay.disabled = !hasMaps;
    this.details.hidden = !hasMaps || !state.overlay;
    this.noMap.hidden = hasMaps;
    this.#refreshAbout(state.about);
    this.opacity.value = String(Math.round(100 * state.opacity));
  }

  /** What is said of a map belongs to the one that is to be seen, whoever chose it. */
  #refreshAbout(map) {
    const warning = map?.warning ? `⚠ ${map.warning} ` : "";
    const words = (map?.words ?? "").replaceAll(" %", "\u00a0%");
    // A status that is written anew is read out anew.
    if (this.warning.textContent !== warning) this.warning.textContent = warning;
    if (this.words.textContent !== words) this.words.textContent = words;
    this.about.hidden = !warning && !words;
  }
}

function press(node, on) {
  node.setAttribute("aria-pressed", on ? "true" : "false");
}

function tidy(value) {
  if (value === undefined || value === null) return "";
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}
