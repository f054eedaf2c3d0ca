// A dialog over the room, drawn anew whenever it opens.

import { element } from "../../elements.js";

export class Dialog {
  /** @param {{close: string}} words @param {(body: Element) => void} draw */
  constructor(title, words, draw) {
    this.body = element("div", { class: "dialog-body" });
    this.draw = () => draw(this.body);
    this.root = element("dialog", { "aria-label": title },
      element("header", { class: "row" }, element("h2", { class: "grow" }, title),
        element("button", { type: "button", "data-action": "close", onclick: () => this.close() }, words.close)),
      this.body);
  }

  get isOpen() { return this.root.open; }

  open() {
    this.draw();
    if (!this.isOpen) this.root.showModal();
  }

  /** Anew where it is open; the keyboard stays in it. */
  redraw() {
    if (!this.isOpen) return;
    this.draw();
    this.root.querySelector("[data-action=close]").focus();
  }

  close() { this.root.close(); }
}
