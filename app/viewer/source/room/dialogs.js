// Help with the keys, which can be changed there, and everything about the file that is seldom asked.

import { element } from "../elements.js";

export class Dialog {
  constructor(room, title) {
    this.room = room;
    this.body = element("div", { class: "dialog-body" });
    this.root = element("dialog", { "aria-label": title },
      element("header", { class: "row" }, element("h2", { class: "grow" }, title),
        element("button", { type: "button", "data-action": "close", onclick: () => this.close() }, room.words.close)),
      this.body);
  }

  open() { if (!this.root.open) this.root.showModal(); }

  close() { this.root.close(); }

  toggle() {
    if (this.root.open) this.close();
    else this.open();
  }
}

/** The list of keys by group; a press on a key asks for another one. */
export function drawKeys(dialog, room) {
  const { words } = room;
  const groups = Map.groupBy ? Map.groupBy(room.keyList, ({ group }) => group) : grouped(room.keyList);
  dialog.body.replaceChildren(
    element("p", { class: "quiet" }, words.keys_hint),
    element("div", { class: "keys" }, ...[...groups].map(([group, list]) => element("section", {},
      element("h3", {}, group),
      ...list.map((entry) => element("div", { class: "row" },
        element("span", { class: "grow" }, entry.title),
        element("button", {
          type: "button", "data-key": entry.id,
          onclick: (event) => {
            event.target.textContent = words.press_a_key;
            room.captureKey(entry.id);
          },
        }, shown(entry.key))))))),
    element("button", { type: "button", onclick: () => room.resetKeys() }, words.reset_keys));
}

/** What stands on the keyboard. */
export function shown(key) {
  return key.split("+").map((part) => (part.length === 1 ? part.toUpperCase() : part)).join("+");
}

function grouped(list) {
  const groups = new Map();
  for (const entry of list) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
  return groups;
}

/** Facts of the file, its study and twins, the settings of the room, and its deletion. */
export function drawMore(dialog, room) {
  const { words, sheet } = room;
  const { facts } = sheet;
  const links = (title, list) => (list.length ? [element("h3", {}, title),
    ...list.map((link) => element("div", { class: "row" },
      element("button", { type: "button", class: "plain grow", onclick: () => { dialog.close(); room.open(link.case_id); } },
        link.title),
      ...(link.pixels ? [element("button", { type: "button", onclick: () => { dialog.close(); room.compareWith(link); } },
        words.compare)] : [])))] : []);
  const confirmed = element("input", { type: "checkbox" });
  dialog.body.replaceChildren(
    ...facts.details.map((text) => element("p", { class: "quiet break" }, text)),
    ...(facts.batch ? [element("p", {}, element("a", { href: "/batch" }, facts.batch))] : []),
    ...(facts.site ? [element("p", {}, facts.site)] : []),
    ...links(words.study, facts.study),
    ...links(words.priors, facts.priors),
    ...links(words.twins, facts.twins),
    element("h3", {}, words.settings),
    element("div", { class: "row" },
      element("button", { type: "button", onclick: () => room.toggleLight() }, words.light),
      ...(room.study ? [] : [element("button", {
        type: "button", "aria-pressed": String(Boolean(room.readsFirst)), "data-action": "reads-first",
        title: words.reads_first_hint, onclick: () => room.toggleReadsFirst(),
      }, words.reads_first)]),
      ...(facts.report ? [element("a", { href: facts.report, class: "button" }, words.report)] : []),
      ...(facts.dicom ? [element("a", { href: facts.dicom, class: "button" }, words.dicom)] : [])),
    ...(facts.may_delete ? [
      element("h3", {}, words.deletion),
      element("label", { class: "row" }, confirmed, words.confirm_deletion),
      element("button", {
        type: "button", "data-action": "delete",
        onclick: () => { if (confirmed.checked) room.remove(); else confirmed.focus(); },
      }, words.delete_case)] : []));
}
