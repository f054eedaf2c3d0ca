// Beside the picture of a row: its values, and what the heatmap over it marks of them.

import { element } from "../../elements.js";

export class RowValues {
  /** @param {object} words */
  constructor(words) {
    this.words = words;
    this.root = element("aside", { class: "row-values", "aria-label": words.values, tabindex: "0", hidden: true });
  }

  /** @param {object} sheet @param {object|null} map the heatmap that lies over the picture */
  show({ kind, values }, map) {
    this.root.hidden = kind !== "row";
    if (this.root.hidden) return this.root.replaceChildren();
    return this.root.replaceChildren(
      ...(map?.shares.length ? [sharesTable(this.words, map)] : []), valuesTable(this.words, values));
  }
}

function valuesTable(words, values) {
  return element("table", { class: "values" },
    element("caption", {}, words.values),
    heads(words.attribute, words.value, words.unit),
    element("tbody", {}, ...values.map(({ name, text, unit, note }) => element("tr", {},
      element("th", { scope: "row" }, name),
      element("td", { class: "number" }, text, ...(note ? [element("span", { class: "caution" }, ` ${note}`)] : [])),
      element("td", { class: "quiet" }, unit)))));
}

/** The attributes that the heatmap marks, the most first. */
function sharesTable(words, { shares, title }) {
  const longest = Math.max(...shares.map(({ value }) => value));
  return element("table", { class: "shares" },
    element("caption", {}, `${words.marked}: ${title}`),
    element("tbody", {}, ...shares.map(({ name, value, text }) => element("tr", {},
      element("th", { scope: "row" }, name),
      element("td", { class: "track" }, bar(value / longest)),
      element("td", { class: "number" }, text)))));
}

function bar(part) {
  const fill = element("span", { class: "called" });
  fill.style.width = `${100 * (part || 0)}%`;
  return element("div", { class: "measure", "aria-hidden": "true" }, fill);
}

/**
 * A training row beside this one. What differs has a sign and a colour.
 *
 * @param {object[]} own values of the sheet
 * @param {object[]} theirs of the source, in the same order
 */
export function besideTable(words, own, theirs) {
  return element("table", { class: "beside" },
    element("caption", {}, words.differs),
    heads(words.attribute, words.this_row, words.training_row),
    element("tbody", {}, ...theirs.map(({ name, text, sign, hint }, at) => element("tr", { class: sign ? "differs" : "" },
      element("th", { scope: "row" }, name),
      element("td", { class: "number" }, own[at]?.text ?? ""),
      element("td", { class: "number", title: hint }, element("span", { class: "sign", "aria-label": hint }, sign), ` ${text}`)))));
}

function heads(...titles) {
  return element("thead", {}, element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title))));
}
