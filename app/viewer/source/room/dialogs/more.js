// What is seldom asked: facts of the file, other images of its patient, the settings of the room, deletion.

import { element } from "../../elements.js";

/**
 * @param {object} facts of the sheet
 * @param {boolean|null} readsFirst null where a study says what comes first
 * @param {{open: (caseId: string) => void, compare: (link: object) => void, toggleLight: () => void,
 *     toggleReadsFirst: () => void, send: (path: string) => void, remove: () => void}} acts
 */
export function more(words, facts, readsFirst, acts) {
  return [
    ...facts.details.map((text) => element("p", { class: "quiet break" }, text)),
    ...(facts.batch ? [element("p", {}, element("a", { href: "/batch" }, facts.batch))] : []),
    ...(facts.site ? [element("p", {}, facts.site)] : []),
    ...links(words.study, facts.study, words.compare, acts),
    ...links(words.priors, facts.priors, words.compare, acts),
    ...links(words.twins, facts.twins, words.compare, acts),
    element("h3", {}, words.settings),
    element("div", { class: "row" },
      element("button", { type: "button", onclick: () => acts.toggleLight() }, words.light),
      ...(readsFirst === null ? [] : [element("button", {
        type: "button", "aria-pressed": String(readsFirst), "data-action": "reads-first",
        title: words.reads_first_hint, onclick: () => acts.toggleReadsFirst(),
      }, words.reads_first)]),
      ...(facts.report ? [element("a", { href: facts.report, class: "button" }, words.report)] : []),
      ...(facts.dicom ? [element("a", { href: facts.dicom, class: "button" }, words.dicom)] : [])),
    ...toArchives(words, facts, acts),
    ...(facts.may_delete ? deletion(words, acts) : []),
  ];
}

/** Other images, each to be opened, or laid beside this one where that can be. */
function links(title, list, compare, acts) {
  if (list.length === 0) return [];
  return [element("h3", {}, title), ...list.map((link) => element("div", { class: "row" },
    element("button", { type: "button", class: "plain grow", onclick: () => acts.open(link.case_id) }, link.title),
    ...(link.pixels ? [element("button", { type: "button", onclick: () => acts.compare(link) }, compare)] : [])))];
}

/** How far signed revisions got on their way to archives, and what can be done about it. */
function toArchives(words, facts, acts) {
  if (!facts.send && facts.sending.length === 0) return [];
  const act = (path, title, hint = "") =>
    element("button", { type: "button", "data-action": path.split("/").at(-1), title: hint, onclick: () => acts.send(path) }, title);
  return [
    element("h3", {}, words.sending),
    ...facts.sending.map((one) => element("div", { class: "row" }, element("span", { class: "grow break" }, one.text),
      ...one.actions.map(({ id, title, hint }) => act(`sending/${one.id}/${id}`, title, hint)))),
    ...(facts.send ? [act("send", facts.send)] : []),
  ];
}

function deletion(words, acts) {
  const confirmed = element("input", { type: "checkbox" });
  return [
    element("h3", {}, words.deletion),
    element("label", { class: "row" }, confirmed, words.confirm_deletion),
    element("button", {
      type: "button", "data-action": "delete",
      onclick: () => { if (confirmed.checked) acts.remove(); else confirmed.focus(); },
    }, words.delete_case),
  ];
}
