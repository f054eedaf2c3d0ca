// Under the evidence: draw a region to hide or to keep (of a row values are tried beside it), and take back what was tried.

import { element } from "../elements.js";
import { segments } from "./segments.js";

const SHAPES = ["rectangle", "ellipse", "outline"];

export class TriesBar {
  /**
   * @param {object} words
   * @param {import("./entries/tries.js").Tries} tries
   * @param {{isDrawing: (kind: string) => boolean, draw: (kind: string) => void}} hand that draws the region
   */
  constructor(words, tries, hand) {
    Object.assign(this, { words, tries, hand });
    this.root = element("div", { class: "tries" });
  }

  show(sheet) {
    const { tries, words } = this;
    this.root.hidden = sheet.cards.length === 0 || sheet.stage === "blind" || sheet.hides_network;
    this.root.replaceChildren(...(this.root.hidden ? [] : [element("div", { class: "row" },
      ...(sheet.kind === "row" ? [element("span", { class: "title" }, words.try_values)] : this.#region()),
      element("span", { class: "grow" }),
      element("button", {
        type: "button", "data-action": "restore", disabled: !tries.isTrying, onclick: () => tries.restore(),
      }, words.restore))]));
  }

  #region() {
    const { hand, tries, words } = this;
    return [
      element("span", { class: "title" }, words.try_region),
      ...SHAPES.map((kind) => element("button", {
        type: "button", "data-region": kind, "aria-pressed": String(hand.isDrawing(kind)),
        onclick: () => hand.draw(kind),
      }, words[kind])),
      this.#choice(words.region_action, ["hide", "keep"], tries.action, (action) => tries.choose({ action })),
      this.#choice(words.fill, ["blur", "mean", "noise"], tries.fill, (fill) => tries.choose({ fill })),
    ];
  }

  #choice(title, values, chosen, choose) {
    const choices = values.map((value) => ({ value, title: this.words[value], hint: "" }));
    return segments({ title, choices }, chosen, (value) => choose(value ?? chosen));
  }
}
