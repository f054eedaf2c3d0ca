// Beside the picture of a row: its values, and what the heatmap over it marks of them.

import { element } from "../../elements.js";

export class RowValues {
  #shown = "";

  /** @param {object} words @param {(name: string, text?: string|null) => void} change what is tried in a value's place */
  constructor(words, change) {
    Object.assign(this, { words, change });
    this.root = element("aside", { class: "row-values", "aria-label": words.values, tabindex: "0", hidden: true });
  }

  /**
   * @param {object} sheet
   * @param {object|null} map the heatmap that lies over the picture
   * @param {Record<string, string|null>} tried in place of values; null: hidden
   */
  show(sheet, map, tried) {
    const { kind, values } = sheet;
    this.root.hidden = kind !== "row";
    if (this.root.hidden) return this.#draw("", () => []);
    const change = canTry(sheet) ? this.change : null;
    const shares = map?.shares.length ? map : null;
    // Drawn anew only where it is another: a hand may be in one of its fields.
    return this.#draw(JSON.stringify([values, shares?.shares, shares?.title, change !== null, tried]), () => [
      ...(shares ? [sharesTable(this.words, shares)] : []), valuesTable(this.words, values, tried, change)]);
  }

  #draw(key, tables) {
    if (key === this.#shown) return;
    const focused = this.root.getRootNode().activeElement?.dataset?.tries;
    this.#shown = key;
    this.root.replaceChildren(...tables());
    if (focused) this.root.querySelector(`[data-tries="${CSS.escape(focused)}"]`)?.focus();
  }
}

/** Where there is evidence, which a change moves. */
function canTry({ cards, stage, hides_network: hides }) {
  return cards.length > 0 && stage !== "blind" && !hides;
}

function valuesTable(words, values, tried, change) {
  const hasUnits = values.some(({ unit }) => unit);
  const titles = [words.attribute, words.value, ...(hasUnits ? [words.unit] : []), ...(change ? [words.what_if] : [])];
  return element("table", { class: "values" },
    element("caption", {}, words.values),
    heads(...titles),
    element("tbody", {}, ...values.map((value) => element("tr", { class: value.name in tried ? "tried" : "" },
      element("th", { scope: "row" }, value.name),
      element("td", { class: "number" }, value.text,
        ...(value.note ? [element("span", { class: "caution" }, ` ${value.note}`)] : [])),
      ...(hasUnits ? [element("td", { class: "quiet" }, value.unit)] : []),
      ...(change ? [element("td", { class: "what-if" }, ...whatIf(words, value, tried[value.name], change))] : [])))));
}

/** Hide a value, or have another one in its place. */
function whatIf(words, { name, text, choices, can_hide: canHide }, tried, change) {
  const label = words.other_value_of.replace("{}", name);
  const given = { "aria-label": label, title: label, "data-tries": `value ${name}` };
  const choose = ({ target }) => change(name, target.value.trim() || undefined);
  const field = choices.length
    ? element("select", { ...given, onchange: choose }, ...["", ...choices.filter((one) => one !== text)].map((one) =>
      element("option", { value: one, selected: one === (tried ?? "") }, one)))
    : element("input", { ...given, type: "text", inputmode: "decimal", size: "7", maxlength: "40", value: tried ?? "", onchange: choose });
  const isHidden = tried === null;
  return [field, element("button", {
    type: "button", "data-tries": `hide ${name}`, title: words.hide_value_of.replace("{}", name), disabled: !canHide,
    "aria-pressed": String(isHidden), onclick: () => change(name, isHidden ? undefined : null),
  }, words.hide_value)];
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
