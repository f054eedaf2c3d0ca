// The room's page: a bar above, a message, the panes side by side, the verdict, a foot.

import { element } from "../elements.js";
import { Splitter } from "./splitter.js";

export class Page {
  /**
   * @param {object} words
   * @param {{keyOf: (id: string) => string, titleOf: (id: string) => string}} names of what a key does
   * @param {{act: (id: string) => void, chooseModel: (digest: string) => void}} hand `act` with the id of a key
   * @param {{queue: Element, image: Element[], evidence: Element, verdict: Element, dialogs: Element[]}} parts
   */
  constructor(words, names, hand, parts) {
    this.words = words;
    this.title = element("strong", { class: "file" });
    this.facts = element("span", { class: "quiet grow" });
    this.stage = element("span", { class: "stage" });
    this.model = element("select", {
      "aria-label": words.model, onchange: () => hand.chooseModel(this.model.value),
    });
    this.message = element("p", { class: "room-message", role: "alert", hidden: true });
    this.who = element("span", {});
    this.middle = element("main", { class: "middle" }, parts.queue,
      element("section", { class: "image-side", "aria-label": words.image }, ...parts.image), parts.evidence);
    this.root = element("div", { class: "room", "data-case": "" },
      this.#bar(names, hand.act), this.message, this.middle, parts.verdict,
      element("footer", { class: "foot" }, element("strong", {}, words.research), this.who), ...parts.dialogs);
    new Splitter(this.middle, parts.queue, "--queue", { least: 0, most: 420, words });
    new Splitter(this.middle, parts.evidence, "--evidence", { least: 280, most: 1600, fromRight: true, words });
  }

  #bar({ keyOf, titleOf }, act) {
    const { words } = this;
    const button = (id, text) => element("button", {
      type: "button", "data-action": id, title: keyOf(id), onclick: () => act(id),
      "aria-label": /\w/.test(text) ? null : titleOf(id), // of a sign
    }, text);
    return element("header", { class: "bar" },
      button("list", words.all_cases), button("previous", "‹"), button("next", words.next),
      this.title, this.facts, this.stage, this.model,
      button("more", words.more), button("full", words.full_screen), button("help", "?"));
  }

  /** Below Streamlit's own header. */
  appendTo(host) {
    const header = document.querySelector("[data-testid=stHeader]");
    if (header) this.root.style.setProperty("--top", `${Math.round(header.getBoundingClientRect().bottom)}px`);
    host.append(this.root);
  }

  /** @param {boolean} isAlone nothing lies beside the image */
  show({ facts, kind, stage }, isAlone) {
    this.title.textContent = facts.title;
    this.facts.textContent = facts.line;
    this.who.textContent = facts.who;
    this.stage.textContent = this.words[`stage_${stage}`] ?? "";
    this.model.replaceChildren(...facts.models.map(({ digest, title }) =>
      element("option", { value: digest, selected: digest === facts.model }, title)));
    this.model.hidden = facts.models.length === 0;
    this.middle.classList.toggle("blind", isAlone);
    this.note({ kind, stage });
  }

  say(text) {
    this.message.textContent = text;
    this.message.hidden = !text;
  }

  /** For the style, for tests, and for other code on the page. */
  note(facts) { Object.assign(this.root.dataset, facts); }

  toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.();
  }

  /** Whatever has the focus, such as a field, no longer has it. */
  blur() { this.root.getRootNode().activeElement?.blur(); }
}
