// The evidence pane: the first sentence, one training image as large as the reader's, and what its
// prototype does. One prototype at a time, by arrow key.

import { element } from "../elements.js";
import { segments } from "./segments.js";
import { isAsked } from "./verdict.js";
import { waterfallTable } from "./waterfall.js";

export class Evidence {
  constructor(room, makePane) {
    this.room = room;
    const { words } = room;
    this.headline = element("header", { class: "headline" });
    this.screen = element("div", { class: "source" });
    this.caption = element("div", { class: "card" });
    this.note = element("p", { class: "note", hidden: true });
    this.sums = element("div", { class: "sums" });
    this.body = element("div", { class: "evidence-body" }, this.note, this.screen, this.caption, this.sums);
    this.tries = element("div", { class: "tries" });
    this.details = element("details", { class: "details" });
    this.root = element("section", { class: "evidence", "aria-label": words.evidence },
      this.headline, this.body, this.tries, this.details);
    this.pane = makePane(this.screen);
    this.at = 0;
    this.source = 0;
  }

  destroy() { this.pane.destroy(); }

  get card() { return this.sheet?.cards[this.at] ?? null; }

  /** Of another image: begin with the card that does most. */
  begin() {
    this.at = 0;
    this.source = 0;
    this.shownUrl = null;
  }

  show(sheet, entries, tried) {
    this.sheet = sheet;
    this.at = Math.min(this.at, Math.max(0, sheet.cards.length - 1));
    this.root.hidden = !sheet.headline && !this.room.compared;
    if (!sheet.headline) {
      this.#clear();
      return this.room.compared && this.#showCard(entries, tried); // beside a first read, too
    }
    this.#showHeadline(sheet, tried);
    this.note.textContent = sheet.evidence_note;
    this.note.hidden = !sheet.evidence_note;
    this.#showCard(entries, tried);
    const falls = tried.waterfall ?? sheet.waterfall;
    this.sums.replaceChildren(...(falls
      ? [waterfallTable(falls, (id) => this.room.showCard(id), this.card?.id),
        element("p", { class: "quiet" }, falls.sentence ?? "")] : []));
    this.#showDetails(sheet);
  }

  #showHeadline({ headline, anyway, facts }, tried) {
    const { room } = this;
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
        type: "button", title: action.hint, onclick: () => room.request(action),
      }, action.title)),
      ...(anyway ? [element("button", { type: "button", class: "plain", onclick: () => room.anyway() }, anyway)] : []));
  }

  /** Nothing of the image before stays on the page of one that is read first. */
  #clear() {
    for (const part of [this.headline, this.caption, this.sums, this.tries, this.details]) part.replaceChildren();
    delete this.headline.dataset.tone;
    this.note.textContent = "";
    this.pane.setHeatmap(null);
    this.shownUrl = null;
  }

  step(by) {
    const count = this.sheet?.cards.length ?? 0;
    if (!count) return;
    this.at = (this.at + by + count) % count;
    this.source = 0;
    this.room.redraw();
  }

  choose(id) {
    const at = this.sheet.cards.findIndex((card) => card.id === id);
    if (at < 0) return;
    this.at = at;
    this.source = 0;
    this.room.redraw();
  }

  nextSource(by) {
    const count = this.card?.sources.length ?? 0;
    if (!count) return;
    this.source = (this.source + by + count) % count;
    this.room.redraw();
  }

  #showCard(entries, tried) {
    const { card, room } = this;
    const { compared } = room;
    this.screen.hidden = !compared && !card?.sources.some(({ pixels }) => pixels);
    if (compared) {
      return this.caption.replaceChildren(element("div", { class: "row" },
        element("strong", { class: "grow" }, compared.title),
        element("button", { type: "button", onclick: () => room.endCompare() }, room.words.end_compare)));
    }
    if (!card) return this.caption.replaceChildren();
    const { words } = room;
    const count = this.sheet.cards.length;
    const source = card.sources[this.source];
    if (source) this.#showSource(source);
    const isOff = card.prototypes.every((name) => tried.off.includes(name));
    this.caption.replaceChildren(
      element("div", { class: "row" },
        element("button", { type: "button", "aria-label": words.previous_prototype, onclick: () => this.step(-1) }, "‹"),
        element("strong", { class: "grow" }, card.effect || card.title),
        element("span", { class: "quiet" }, `${this.at + 1} / ${count}`),
        element("button", { type: "button", "aria-label": words.next_prototype, onclick: () => this.step(1) }, "›")),
      element("p", { class: "quiet" }, card.effect ? `${card.title}. ` : "", card.similarity),
      element("div", { class: "row" },
        ...(card.sources.length > 1 ? [element("button", {
          type: "button", class: "plain", onclick: () => this.nextSource(1),
        }, `${source?.title ?? ""} (${this.source + 1} / ${card.sources.length})`)]
          : source ? [element("span", { class: "quiet" }, source.title)] : []),
        element("span", { class: "grow" }),
        ...(card.edit ? [element("a", { href: card.edit, class: "quiet" }, words.edit)] : []),
        element("button", {
          type: "button", "aria-pressed": String(isOff), "data-action": "off",
          title: room.keyOf("off"), onclick: () => room.switchOff(card),
        }, words.switch_off)),
      element("div", { class: "judgement", "data-judges": card.id },
        ...card.prototypes.flatMap((name) => this.#judgement(name, entries.judgements[name] ?? {}, card))));
  }

  #showSource(source) {
    if (!source.pixels || this.shownUrl === source.pixels) return;
    this.shownUrl = source.pixels;
    this.pane.show({ key: source.pixels, frame: 0, frames: 1, url: () => source.pixels, presets: [] })
      .then(() => { if (this.shownUrl === source.pixels) this.room.drawSource(source); });
  }

  #judgement(name, answers, card) {
    const { room } = this;
    const named = card.prototypes.length > 1 ? `${name}: ` : "";
    return this.sheet.form.judgement.filter((question) => isAsked(question, answers)).map((question) =>
      element("div", { class: "question inline" },
        element("span", { class: "title" }, `${named}${question.title}`),
        segments({ ...question, title: `${named}${question.title}` }, answers[question.id] ?? null,
          (value) => room.judge(name, question.id, value))));
  }

  focusJudgement() {
    this.caption.querySelector(".judgement button")?.focus();
  }

  #showDetails(sheet) {
    const { words } = this.room;
    const isOpen = this.details.open;
    const bars = sheet.headline.bars.map((bar) => element("tr", { class: bar.is_called ? "called" : "" },
      element("th", { scope: "row" }, bar.name),
      element("td", { class: "track" }, classBar(bar)),
      element("td", { class: "number" }, bar.text)));
    const lists = [
      [sheet.headline.tone === "refused" ? [] : sheet.headline.details, ""],
      [sheet.cards.flatMap(({ details }) => details), words.numbers],
      [sheet.maps.find(({ id }) => id === this.room.mapId)?.details ?? [], words.about_heatmap],
    ].filter(([lines]) => lines.length);
    this.details.replaceChildren(
      element("summary", {}, words.details),
      ...(bars.length ? [element("table", { class: "probabilities" },
        element("caption", {}, words.probabilities), element("tbody", {}, ...bars))] : []),
      ...lists.flatMap(([lines, title]) => [
        ...(title ? [element("h3", {}, title)] : []),
        ...lines.map((text) => element("p", { class: "quiet" }, text))]),
      ...(sheet.revisions.length ? [element("h3", {}, words.revisions)] : []),
      ...sheet.revisions.map((revision) => element("div", { class: "revision" },
        element("strong", {}, revision.title), element("p", { class: "quiet" }, revision.by),
        ...revision.lines.map((text) => element("p", {}, text)))));
    this.details.open = isOpen;
  }
}

function classBar({ value, mark, is_called: isCalled }) {
  const fill = element("span", { class: isCalled ? "called" : "other" });
  fill.style.width = `${100 * value}%`;
  const measure = element("div", { class: "measure", "aria-hidden": "true" }, fill);
  if (mark !== null) {
    const line = element("span", { class: "mark" });
    line.style.left = `${100 * mark}%`;
    measure.append(line);
  }
  return measure;
}
