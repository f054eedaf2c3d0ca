// Answers as a row of buttons, of which one is chosen; a second press takes it back.

import { element } from "../elements.js";

/**
 * @param {{title: string, choices: {value: string, title: string, hint: string, key?: string}[]}} question
 * @param {string|null} chosen
 * @param {(value: string|null) => void} choose
 * @param {(key: string) => string} keyOf the key of an action's id; "" for none
 */
export function segments(question, chosen, choose, keyOf = () => "") {
  const step = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const all = [...event.currentTarget.querySelectorAll("button")];
    const at = all.indexOf(event.target);
    all[(at + by + all.length) % all.length].focus();
  };
  return element("span", { class: "segments", role: "group", "aria-label": question.title, onkeydown: step },
    ...question.choices.map((choice) => {
      const key = choice.key ? keyOf(choice.key) : "";
      const hint = [choice.hint, key && `(${key.toUpperCase()})`].filter(Boolean).join(" ");
      return element("button", {
        type: "button",
        title: hint || null,
        "aria-pressed": String(choice.value === chosen),
        "data-answer": choice.value,
        onclick: () => choose(choice.value === chosen ? null : choice.value),
      }, choice.title);
    }));
}
