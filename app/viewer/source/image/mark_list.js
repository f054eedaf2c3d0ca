// The marks as a list beside the image: read aloud by a screen reader, and for hands on the keyboard. It is
// seen while one of its marks has the focus.

import { element } from "../elements.js";

/** What keys do to the mark that has the focus, as in other lists: whatever the page does with them elsewhere. */
const KEYS = {
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
  "Shift+ArrowLeft": "narrower", "Shift+ArrowRight": "wider",
  "Shift+ArrowUp": "brighter", "Shift+ArrowDown": "darker",
  Delete: "delete-mark", Escape: "cancel",
};

export class MarkList {
  /** @param {object} pane whose marks they are @param {(name: string) => string} say the words */
  constructor(pane, say) {
    Object.assign(this, { pane, hint: say("marks keys") });
    this.root = element("ul", {
      class: "marks", "aria-label": say("marks"), hidden: true, onkeydown: (event) => this.#press(event),
    });
  }

  /** The mark that has the focus, or -1. */
  get focused() {
    const active = this.root.getRootNode().activeElement;
    return this.buttons.findIndex((button) => button === active);
  }

  get buttons() {
    return [...this.root.children].map((item) => item.firstChild);
  }

  /** @param {string[]} names one a mark @param {number | null} selected */
  show(names, selected) {
    const at = this.focused;
    while (this.root.children.length > names.length) this.root.lastChild.remove();
    while (this.root.children.length < names.length) this.root.append(this.#item(this.root.children.length));
    this.buttons.forEach((button, index) => {
      if (button.textContent !== names[index]) button.textContent = names[index];
      button.setAttribute("aria-pressed", String(index === selected));
    });
    this.root.hidden = names.length === 0;
    if (at >= 0 && selected === null) this.focus(Math.min(at, names.length - 1));
  }

  /** The mark gets the focus, and so its handles; without any the image does. */
  focus(index) {
    const button = this.buttons[index];
    if (!button) return this.pane.surface.focus();
    button.focus();
    return this.pane.select(index);
  }

  #item(index) {
    const select = () => this.pane.select(index);
    return element("li", {}, element("button", {
      type: "button", title: this.hint, "aria-keyshortcuts": "Delete", onfocus: select, onclick: select,
    }));
  }

  #press(event) {
    const id = KEYS[`${event.shiftKey ? "Shift+" : ""}${event.key}`];
    if (!id || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.pane.run(id);
  }
}
