// Under the evidence, for who opens it: probabilities, numbers of the prototypes and the heatmap, revisions.

import { element } from "../elements.js";

/** @param {object|null} map the heatmap that is chosen */
export function evidenceDetails(words, { cards, headline, revisions }, map) {
  const lines = (texts) => texts.map((text) => element("p", { class: "quiet" }, text));
  const part = (title, texts) => (texts.length ? [element("h3", {}, title), ...lines(texts)] : []);
  return [
    element("summary", {}, words.details),
    ...(headline.bars.length ? [probabilities(words.probabilities, headline.bars)] : []),
    ...(headline.tone === "refused" ? [] : lines(headline.details)), // of a refused image they stand above
    ...part(words.numbers, cards.flatMap(({ details }) => details)),
    ...part(words.about_heatmap, map?.details ?? []),
    ...(revisions.length ? [element("h3", {}, words.revisions)] : []),
    ...revisions.map((revision) => element("div", { class: "revision" },
      element("strong", {}, revision.title), element("p", { class: "quiet" }, revision.by),
      ...revision.lines.map((text) => element("p", {}, text)))),
  ];
}

function probabilities(title, bars) {
  const rows = bars.map((bar) => element("tr", { class: bar.is_called ? "called" : "" },
    element("th", { scope: "row" }, bar.name),
    element("td", { class: "track" }, classBar(bar)),
    element("td", { class: "number" }, bar.text)));
  return element("table", { class: "probabilities" },
    element("caption", {}, title), element("tbody", {}, ...rows));
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
