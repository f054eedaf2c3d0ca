// What speaks for the called class rather than for the next: bars that add up, each with its number.

import { element } from "../elements.js";

/**
 * @param {{title, steps, total, total_text, sentence}} waterfall
 * @param {(card: string) => void} choose a bar was pressed
 * @param {string} [current] the card that is shown
 */
export function waterfallTable(waterfall, choose, current = "") {
  const ends = [0, waterfall.total, ...waterfall.steps.flatMap(({ start, value }) => [start, start + value])];
  const low = Math.min(...ends);
  const scale = 100 / (Math.max(...ends) - low || 1);
  const row = ({ name, value, start, text, card }, kind) => element("tr", {
    class: [kind, card && card === current ? "current" : ""].join(" "),
  },
  element("th", { scope: "row" }, card
    ? element("button", { type: "button", class: "plain", onclick: () => choose(card) }, name)
    : name),
  element("td", { class: "track" }, bar(value, start, low, scale, kind)),
  element("td", { class: "number" }, text));
  const total = { name: "=", value: waterfall.total, start: 0, text: waterfall.total_text };
  return element("table", { class: "waterfall" },
    element("caption", {}, waterfall.title),
    element("tbody", {}, ...waterfall.steps.map((step) => row(step, step.value > 0 ? "for" : "against"))),
    element("tfoot", {}, row(total, "sum")));
}

function bar(value, start, low, scale, kind) {
  const span = element("span", { class: kind });
  span.style.left = `${(Math.min(start, start + value) - low) * scale}%`;
  span.style.width = `${Math.max(Math.abs(value) * scale, 0.4)}%`;
  const zero = element("span", { class: "zero" });
  zero.style.left = `${Math.min(-low * scale, 99.6)}%`;
  return element("div", { class: "measure", "aria-hidden": "true" }, span, zero);
}
