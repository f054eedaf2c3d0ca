// The bars above and below the image. They hold no state: they show the viewer's state and call it.

import { button, element, options } from "./elements.js";

const OWN_WINDOW = "own";

export class Controls {
  constructor(viewer) {
    this.viewer = viewer;
    this.#buildWindow();
    this.#buildView();
    this.#buildHeatmap();
    this.top = element("div", { class: "bar", role: "toolbar", "aria-label": "Image" },
      this.windowGroup, this.invert, element("span", { class: "push" }), this.viewGroup);
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
    this.invert = this.#action("Invert", "invert");
  }

  /** A button for one of the pane's actions, with its title and its key. */
  #action(label, id) {
    const { pane } = this.viewer;
    const { title, key } = pane.actions.find((action) => action.id === id);
    return button(label, key ? `${title} (${key})` : title, () => pane.run(id));
  }

  #buildView() {
    const { pane } = this.viewer;
    this.tool = element("select", {
      title: "What a drag does", "aria-label": "Tool", class: "tool",
      onchange: () => pane.run(this.tool.value),
    });
    const tools = pane.actions.filter(({ group }) => group === "tool");
    options(this.tool, tools.map(({ id, title, key }) => ({ value: id, label: `${title} (${key})` })), "tool-window");
    this.zoom = element("span", { class: "zoom", title: "Zoom" });
    this.viewGroup = element("span", { class: "group" },
      this.tool,
      this.#action("⟳", "turn-right"),
      this.#action("⇋", "flip"),
      this.#action("−", "zoom-out"),
      this.zoom,
      this.#action("+", "zoom-in"),
      this.#action("Fit", "fit"),
      this.#action("1:1", "one-to-one"),
      this.#action("Reset", "reset"));
  }

  #buildHeatmap() {
    const { viewer } = this;
    this.overlay = button("Heatmap", `${viewer.pane.title("heatmap")} (O)`, () => viewer.toggleOverlay());
    this.selection = element("select", {
      title: "Saved heatmaps", "aria-label": "Saved heatmaps", class: "heatmaps",
      onchange: () => viewer.chooseHeatmap(this.selection.value),
    });
    this.opacity = element("input", {
      type: "range", min: "0", max: "100", title: "Opacity of the heatmap",
      "aria-label": "Opacity of the heatmap",
      oninput: () => viewer.setOpacity(Number(this.opacity.value) / 100),
    });
    this.contour = this.#action("Contour", "contour");
    this.details = element("span", { class: "group details" }, this.selection,
      element("label", { class: "short" }, "Opacity", this.opacity), this.contour);
    this.noHeatmap = element("span", { class: "hint" }, "No heatmap yet.");
    this.heatmapGroup = element("span", { class: "group" }, this.overlay, this.details, this.noHeatmap);
  }

  showHeatmaps(heatmaps, selectedId) {
    options(this.selection, heatmaps.map(({ id, label }) => ({ value: id, label })), selectedId);
    if (selectedId) this.selection.value = selectedId;
  }

  showPresets(windows) {
    options(this.preset, [
      ...windows.map(({ name }, index) => ({ value: String(index), label: name })),
      { value: OWN_WINDOW, label: this.viewer.pane.say("own window") },
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
    this.tool.value = `tool-${state.tool === "point" ? "probe" : state.tool}`;
    this.zoom.textContent = state.zoom === null ? "" : `${Math.round(100 * state.zoom)} %`;
    const hasHeatmaps = state.heatmaps > 0;
    press(this.overlay, state.overlay && hasHeatmaps);
    this.overlay.disabled = !hasHeatmaps;
    press(this.contour, state.contour);
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
