// Above the image: its windows, its tools, and what lies under the pointer.

import { element, options } from "../elements.js";

const OWN = "own";
const TOOLS = [
  ["tool-window", "◐"], ["tool-pan", "✥"], ["tool-zoom", "⤢"], ["tool-magnifier", "⌕"], ["tool-probe", "⊹"],
  ["tool-length", "╱"], ["tool-angle", "∠"], ["tool-ellipse", "◯"], ["tool-rectangle", "▭"], ["tool-outline", "✎"],
];
const VIEWS = [
  ["invert", "◩"], ["turn-right", "↻"], ["flip", "⇋"], ["fit", "⛶"], ["one-to-one", "1:1"],
  ["undo", "↶"], ["redo", "↷"], ["reset", "⟲"],
];

export class Toolbar {
  constructor(room) {
    this.room = room;
    const { words } = room;
    this.preset = element("select", {
      "aria-label": words.window, onchange: () => {
        if (this.preset.value !== OWN) room.pane.choosePreset(Number(this.preset.value));
      },
    });
    this.buttons = new Map();
    this.root = element("div", { class: "tools", role: "toolbar", "aria-label": words.image },
      this.preset, ...TOOLS.map((entry) => this.#button(entry)), element("span", { class: "gap" }),
      ...VIEWS.map((entry) => this.#button(entry)),
      element("span", { class: "gap" }),
      ...["box", "outline"].map((id) => this.#button([id, words[id]])),
      element("span", { class: "grow" }), room.status);
  }

  #button([id, sign]) {
    const button = element("button", {
      type: "button", "data-tool": id, "aria-label": this.room.titleOf(id),
      onclick: () => this.room.act(id),
    }, sign);
    this.buttons.set(id, button);
    return button;
  }

  /** Set every control to the pane's state. */
  show(pane) {
    if (!pane) return;
    const windows = pane.windows ?? [];
    const names = windows.map((window, at) => window.name || String(at + 1));
    const key = names.join("\n");
    if (this.names !== key) {
      this.names = key;
      options(this.preset, [...names.map((label, at) => ({ value: String(at), label })),
        { value: OWN, label: this.room.words.own_window }], "0");
    }
    this.preset.hidden = windows.length === 0;
    this.preset.value = pane.preset === null || pane.preset === undefined ? OWN : String(pane.preset);
    const { drawing } = pane;
    for (const [id, button] of this.buttons) {
      button.title = [this.room.titleOf(id), this.room.keyOf(id) && `(${this.room.keyOf(id)})`].filter(Boolean).join(" ");
      const name = id.replace("tool-", "");
      const isOn = id.startsWith("tool-")
        ? (drawing?.purpose === "measure" ? drawing.kind === (name === "probe" ? "point" : name) : !drawing && pane.tool === name)
        : ["box", "outline"].includes(id)
          ? drawing?.purpose === "finding" && drawing.kind === (id === "box" ? "rectangle" : "outline")
          : null;
      if (isOn !== null) button.setAttribute("aria-pressed", String(Boolean(isOn)));
    }
  }
}
