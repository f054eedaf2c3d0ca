// Above the image: its windows and its tools.

import { element, options } from "../elements.js";
import { icon } from "./icons.js";
import { hasUse } from "./row/tools.js";

const OWN = "own";
const SAVE = "save";
const TOOLS = [
  "tool-window", "tool-pan", "tool-zoom", "tool-magnifier", "tool-probe",
  "tool-length", "tool-angle", "tool-ellipse", "tool-rectangle", "tool-outline",
];
const VIEWS = ["invert", "turn-right", "flip", "fit", "one-to-one", "undo", "redo", "reset"];
const FINDINGS = { box: "rectangle", outline: "outline" };

export class Toolbar {
  constructor(room) {
    this.room = room;
    const { words } = room;
    this.preset = element("select", { "aria-label": words.window, onchange: () => this.#choose() });
    const number = (name, title) => element("input", {
      type: "number", step: "any", title, "aria-label": title, class: "number",
      onchange: (event) => room.pane.setWindow({ [name]: Number(event.target.value) }),
    });
    this.centre = number("centre", words.centre);
    this.width = number("width", words.width);
    this.numbers = element("span", { class: "short" }, this.centre, this.width);
    this.buttons = new Map();
    const gap = () => element("span", { class: "gap" });
    const group = (...parts) => element("span", { class: "tool-group" }, ...parts);
    const buttons = (ids) => ids.map((id) => this.#button(id));
    this.root = element("div", { class: "tools", role: "toolbar", "aria-label": words.tools },
      group(this.preset, this.numbers), group(...buttons(VIEWS)),
      group(...buttons(TOOLS), gap(), ...buttons(Object.keys(FINDINGS))));
  }

  #button(id) {
    const button = element("button", {
      type: "button", "data-tool": id, "aria-label": this.room.titleOf(id), onclick: () => this.room.act(id),
    }, icon(id));
    this.buttons.set(id, button);
    return button;
  }

  #choose() {
    const { value } = this.preset;
    if (value === SAVE) this.room.savePreset();
    else if (value !== OWN) this.room.pane.choosePreset(Number(value));
    this.show(this.room.pane);
  }

  /**
   * Set every control to the pane's state.
   *
   * @param {import("../image/image_pane.js").ImagePane} pane
   * @param {string} [kind] of the sheet, as it was shown last where it is not given
   */
  show(pane, kind = this.kind) {
    const { room } = this;
    this.kind = kind;
    if (!pane) return;
    this.#showPresets(pane);
    const { drawing } = pane;
    for (const [id, button] of this.buttons) {
      const key = room.keyOf(id);
      button.hidden = !hasUse(kind, id);
      button.title = key ? `${room.titleOf(id)} (${key})` : room.titleOf(id);
      const isOn = isPressed(id, pane.tool, drawing);
      if (isOn !== null) button.setAttribute("aria-pressed", String(isOn));
    }
  }

  #showPresets(pane) {
    const { words } = this.room;
    const presets = pane.image ? pane.presets : [];
    const key = JSON.stringify(presets.map(({ name }) => name));
    if (this.names !== key) {
      this.names = key;
      options(this.preset, [
        ...presets.map(({ name }, at) => ({ value: String(at), label: name || words.file_window })),
        { value: OWN, label: words.own_window },
        { value: SAVE, label: words.save_window },
      ], "0");
    }
    const hasWindows = presets.length > 0 && this.kind !== "row";
    this.preset.hidden = !hasWindows;
    this.numbers.hidden = !hasWindows;
    const window = pane.image ? pane.window : null;
    const hasTable = Boolean(window?.table);
    for (const [input, value] of [[this.centre, window?.centre], [this.width, window?.width]]) {
      input.disabled = hasTable;
      if (input !== input.getRootNode().activeElement) input.value = hasTable ? "" : numberText(value);
    }
    this.preset.value = pane.shown?.window ? OWN : String(pane.shown?.preset ?? 0);
  }
}

function numberText(value) {
  if (value === undefined || value === null) return "";
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}

/** Is a tool in the hand? null: the button is no switch. */
function isPressed(id, tool, drawing) {
  if (FINDINGS[id]) return drawing?.purpose === "finding" && drawing.kind === FINDINGS[id];
  if (!id.startsWith("tool-")) return null;
  const name = id.slice(5);
  if (drawing) return drawing.purpose === "measure" && drawing.kind === (name === "probe" ? "point" : name);
  return tool === name;
}
