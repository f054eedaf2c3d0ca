// The evidence pane: the first sentence, one training image as large as the reader's, and what its
// prototype does. One prototype at a time, by arrow key.

import { element } from "../elements.js";
import { evidenceDetails } from "./evidence_details.js";
import { besideTable } from "./row/values.js";
import { segments } from "./segments.js";
import { isAsked } from "./verdict.js";
import { waterfallTable } from "./waterfall.js";

export class Evidence {
  /**
   * @param {object} words
   * @param {Element} tries below the bars
   * @param {(root: Element) => import("../image/image_pane.js").ImagePane} makePane
   * @param {{redraw: () => void, request: (action: object) => void, anyway: () => void, endCompare: () => void,
   *     switchOff: (names: string[]) => void, say: (text: string) => void,
   *     judge: (prototype: string, id: string, value: string|null) => void}} acts what a hand does here
   * @param {string} offKey that switches a prototype off
   */
  constructor(words, tries, makePane, acts, offKey) {
    Object.assign(this, { words, acts, offKey });
    this.headline = element("header", { class: "headline" });
    this.screen = element("div", { class: "source" });
    this.caption = element("div", { class: "card" });
    this.note = element("p", { class: "note", hidden: true });
    this.sums = element("div", { class: "sums" });
    this.details = element("details", { class: "details" });
    // Both images and the questions about them fit the pane; what adds up to the answer lies below.
    this.pair = element("div", { class: "pair" }, this.note, this.screen, this.caption);
    this.body = element("div", { class: "evidence-body", tabindex: "-1" }, this.pair, this.sums, tries, this.details);
    this.root = element("section", { class: "evidence", "aria-label": words.evidence }, this.headline, this.body);
    this.pane = makePane(this.screen);
    this.begin();
  }

  destroy() { this.pane.destroy(); }

  /** The prototype that is shown. */
  get card() { return this.sheet?.cards[this.at] ?? null; }

  /** Of another image: begin with the card that does most. */
  begin() {
    this.at = 0;
    this.source = 0;
    this.showAnew();
  }

  /** The training image is shown again: meanwhile the pane has, or had, something else. */
  showAnew() { this.shownUrl = null; }

  /** @param {{judgements: object, tried: object, compared: object|null, map: object|null}} now */
  show(sheet, { judgements, tried, compared, map }) {
    const { words } = this;
    this.sheet = sheet;
    this.at = Math.min(this.at, Math.max(0, sheet.cards.length - 1));
    this.root.hidden = !sheet.headline && !compared;
    if (!sheet.headline) {
      this.#clear();
      return compared && this.#showCard(judgements, tried, compared); // beside a first read, too
    }
    this.#showHeadline(sheet, tried);
    this.note.textContent = sheet.evidence_note;
    this.note.hidden = !sheet.evidence_note;
    this.#showCard(judgements, tried, compared);
    const falls = tried.waterfall ?? sheet.waterfall;
    this.sums.replaceChildren(...(falls
      ? [waterfallTable(falls, (id) => this.choose(id), this.card?.id),
        element("p", { class: "quiet" }, falls.sentence ?? "")] : []));
    this.details.replaceChildren(...evidenceDetails(words, sheet, map));
  }

  #showHeadline({ headline, anyway, facts }, tried) {
    const { acts } = this;
    this.headline.dataset.tone = headline.tone;
    this.headline.replaceChildren(
      element("h2", {}, headline.sentence),
      ...(headline.context ? [element("p", {}, headline.context)] : []),
      ...(facts.site ? [element("p", { class: "quiet" }, facts.site)] : []),
      ...headline.cautions.map((text) => element("p", { class: "caution" }, text)),
      ...(tried.sentence ? [element("p", { class: "tried", role: "status" }, tried.sentence)] : []),
      ...(tried.control ? [element("p", { class: "quiet" }, tried.control)] : []),
      ...(headline.tone === "refused"
        ? headline.details.map((text) => element("p", { class: "quiet" }, text)) : []),
      ...facts.actions.map((action) => element("button", {
        type: "button", title: action.hint, onclick: () => acts.request(action),
      }, action.title)),
      ...(anyway ? [element("button", { type: "button", class: "plain", onclick: () => acts.anyway() }, anyway)] : []));
  }

  /** Nothing of the image before stays on the page of one that is read first. */
  #clear() {
    for (const part of [this.headline, this.caption, this.sums, this.details]) part.replaceChildren();
    delete this.headline.dataset.tone;
    this.note.textContent = "";
    this.pane.setHeatmap(null);
    this.showAnew();
  }

  step(by) {
    const count = this.sheet?.cards.length ?? 0;
    if (count) this.#turnTo((this.at + by + count) % count);
  }

  choose(id) {
    const at = this.sheet.cards.findIndex((card) => card.id === id);
    if (at >= 0) this.#turnTo(at);
  }

  #turnTo(at) {
    this.at = at;
    this.source = 0;
    this.acts.redraw();
  }

  nextSource(by) {
    const count = this.card?.sources.length ?? 0;
    if (!count) return;
    this.source = (this.source + by + count) % count;
    this.acts.redraw();
  }

  #showCard(judgements, tried, compared) {
    const { acts, card, words } = this;
    this.screen.hidden = !compared && !card?.sources.some(({ pixels }) => pixels);
    if (compared) {
      return this.caption.replaceChildren(element("div", { class: "row" },
        element("strong", { class: "grow" }, compared.title),
        element("button", { type: "button", onclick: () => acts.endCompare() }, words.end_compare)));
    }
    if (!card) return this.caption.replaceChildren();
    const count = this.sheet.cards.length;
    const source = card.sources[this.source];
    if (source) this.#showSource(source, card);
    const isOff = card.prototypes.every((name) => tried.off.includes(name));
    this.caption.replaceChildren(
      element("div", { class: "row" },
        this.#stepButton(-1, words.previous_prototype, "‹"),
        element("strong", { class: "grow" }, card.effect || card.title),
        element("span", { class: "quiet" }, `${this.at + 1} / ${count}`),
        this.#stepButton(1, words.next_prototype, "›")),
      element("p", { class: "quiet" }, card.effect ? `${card.title}. ` : "", card.similarity),
      element("div", { class: "row" },
        ...this.#sourceTitle(source),
        element("span", { class: "grow" }),
        element("button", {
          type: "button", "aria-pressed": String(isOff), "data-action": "off",
          title: this.offKey, onclick: () => acts.switchOff(card.prototypes),
        }, words.switch_off)),
      ...(source?.values.length ? [besideTable(words, this.sheet.values, source.values)] : []),
      element("div", { class: "judgement", "data-judges": card.id },
        ...card.prototypes.flatMap((name) => this.#judgement(name, judgements[name] ?? {}, card)),
        ...(card.edit ? [element("a", { href: card.edit, class: "quiet edit" }, words.edit)] : [])));
  }

  #sourceTitle(source) {
    const { sources } = this.card;
    if (!source?.pixels && !source?.values.length) return [];
    if (sources.length === 1) return [element("span", { class: "quiet" }, source.title)];
    return [element("button", { type: "button", class: "plain", onclick: () => this.nextSource(1) },
      `${source.title} (${this.source + 1} / ${sources.length})`)];
  }

  #stepButton(by, name, sign) {
    return element("button", { type: "button", "aria-label": name, onclick: () => this.step(by) }, sign);
  }

  /** With the contour of where the network looks in it. */
  async #showSource(source, { id, palette }) {
    if (!source.pixels || this.shownUrl === source.pixels) return;
    this.shownUrl = source.pixels;
    await this.pane.show({ key: source.pixels, url: () => source.pixels });
    if (this.shownUrl !== source.pixels) return;
    this.pane.setHeatmap(source.heatmap ? { url: source.heatmap, palette, title: id } : null)
      .catch((error) => this.acts.say(error.message));
    this.pane.heatmap = { mode: "contour" };
  }

  #judgement(name, answers, card) {
    const named = card.prototypes.length > 1 ? `${name}: ` : "";
    const asked = this.sheet.form.judgement.filter((one) => card.asks.includes(one.id) && isAsked(one, answers));
    return asked.map((question) =>
      element("div", { class: "question inline" },
        element("span", { class: "title" }, `${named}${question.title}`),
        segments({ ...question, title: `${named}${question.title}` }, answers[question.id] ?? null,
          (value) => this.acts.judge(name, question.id, value))));
  }

  focusJudgement() {
    this.caption.querySelector(".judgement button")?.focus();
  }
}
