// All keys by group; a press on one asks for another.

import { element } from "../../elements.js";
import { keyText } from "../reader/keyboard.js";

/**
 * @param {{id: string, key: string, title: string, group: string}[]} keys
 * @param {{change: (id: string) => void, reset: () => void}} acts
 */
export function keysHelp(words, keys, acts) {
  const groups = [...new Set(keys.map(({ group }) => group))];
  const row = ({ id, key, title }) => element("div", { class: "row" },
    element("span", { class: "grow" }, title),
    element("button", {
      type: "button", "data-key": id,
      onclick: (event) => {
        event.target.textContent = words.press_a_key;
        acts.change(id);
      },
    }, keyText(key)));
  return [
    element("p", { class: "quiet" }, words.keys_hint),
    element("div", { class: "keys" }, ...groups.map((group) => element("section", {},
      element("h3", {}, group), ...keys.filter((entry) => entry.group === group).map(row)))),
    element("button", { type: "button", onclick: () => acts.reset() }, words.reset_keys),
  ];
}
