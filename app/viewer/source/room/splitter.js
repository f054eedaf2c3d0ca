// The border between two panes: dragged, or moved by arrow keys; its place is kept for this browser.

import { element } from "../elements.js";

const PREFIX = "dprotonet-pane";
const STEP = 24;

export class Splitter {
  constructor(container, pane, property, { least, most, fromRight = false, words }) {
    Object.assign(this, { container, pane, property, least, most, fromRight });
    this.bar = element("div", {
      class: fromRight ? "splitter right" : "splitter", role: "separator", tabindex: "0",
      "aria-orientation": "vertical", "aria-label": words.border,
      "aria-valuemin": String(least), "aria-valuemax": String(most), "aria-valuenow": String(least),
      onpointerdown: (event) => this.#grab(event),
      ondblclick: () => this.#set(null),
      onkeydown: (event) => this.#press(event),
    });
    pane.append(this.bar);
    const kept = Number(localStorage.getItem(PREFIX + property));
    if (kept) this.#set(kept);
  }

  #grab(event) {
    event.preventDefault();
    const box = this.container.getBoundingClientRect();
    const move = ({ clientX }) => this.#set(this.fromRight ? box.right - clientX : clientX - box.left);
    const end = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", end);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end);
  }

  #press(event) {
    const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    this.#set(this.pane.offsetWidth + (this.fromRight ? -by : by));
  }

  #set(width) {
    if (width === null) {
      this.container.style.removeProperty(this.property);
      localStorage.removeItem(PREFIX + this.property);
      return;
    }
    const bounded = Math.min(this.most, Math.max(this.least, Math.round(width)));
    this.bar.setAttribute("aria-valuenow", String(bounded));
    this.container.style.setProperty(this.property, `${bounded}px`);
    localStorage.setItem(PREFIX + this.property, String(bounded));
  }
}
