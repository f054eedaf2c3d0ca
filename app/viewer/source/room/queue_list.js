// The queue at the left: thumbnails, what each image is, who has it; the current one in sight.

import { element } from "../elements.js";

export class QueueList {
  /** @param {(caseId: string) => void} open a case was pressed */
  constructor(words, open) {
    this.open = open;
    this.list = element("ol", {});
    this.head = element("div", { class: "queue-head" });
    this.root = element("nav", { class: "queue", "aria-label": words.queue }, this.head, this.list);
  }

  /** @param {{rows: object[], text: string}} queue as the server gives it */
  show(queue, current) {
    this.head.textContent = queue.text;
    this.list.replaceChildren(...queue.rows.map((row) => this.#row(row, row.case_id === current)));
    this.list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  #row(row, isCurrent) {
    return element("li", {},
      element("button", {
        type: "button",
        "aria-current": isCurrent ? "true" : null,
        "data-case": row.case_id,
        "data-status": row.status,
        onclick: () => this.open(row.case_id),
      },
      element("img", { src: row.thumbnail, alt: "", loading: "lazy", width: "44", height: "44" }),
      element("span", { class: "name" }, row.title),
      element("span", { class: "quiet" }, row.line),
      element("span", { class: "status" }, row.status_text)));
  }
}
