// The strip at the foot: the server's questions, the reader's answers, one button to sign and go on.

import { element } from "../elements.js";
import { segments } from "./segments.js";

const ELSEWHERE = new Set(["region"]); // asked beside the heatmap that it speaks of

export class VerdictStrip {
  /**
   * @param {object} words
   * @param {{answer: (id: string, value: string|null, draws?: boolean) => void, press: () => void,
   *     discard: () => void}} acts what a hand does here
   * @param {(id: string) => string} keyOf
   */
  constructor(words, acts, keyOf) {
    Object.assign(this, { words, acts, keyOf });
    this.root = element("section", { class: "verdict", "aria-label": words.verdict });
    this.problem = element("p", { class: "problem", role: "alert", hidden: true });
    this.state = element("span", { class: "draft-state", role: "status" });
  }

  /** Draw the form anew; a text that is being written keeps its place. */
  show(form, answers) {
    const { acts, words } = this;
    const active = this.root.getRootNode().activeElement;
    const writing = active?.dataset?.question;
    const asked = active?.closest?.(".verdict [data-asks]")?.dataset.asks;
    const answered = active?.dataset?.answer;
    const parts = form.questions
      .filter((question) => !ELSEWHERE.has(question.id) && isAsked(question, answers))
      .map((question) => this.#question(question, answers));
    const sign = element("button", {
      type: "button", class: "primary", "data-action": "sign", disabled: !form.may_sign,
      title: this.keyOf("sign"), onclick: () => acts.press(),
    }, form.button);
    this.refuse("");
    this.root.replaceChildren(
      ...(form.newer ? [element("p", { class: "newer", role: "alert" }, form.newer)] : []),
      element("div", { class: "questions" }, ...parts,
        element("span", { class: "finish" },
          element("span", { class: "quiet" }, form.note, " ", this.state),
          form.draft_saved_at || form.newer
            ? element("button", { type: "button", class: "plain", onclick: () => acts.discard() }, words.discard)
            : "",
          sign)),
      this.problem);
    // A form that is drawn anew leaves the focus where it was.
    if (writing) this.root.querySelector(`[data-question="${writing}"]`)?.focus();
    else if (asked) this.root.querySelector(`[data-asks="${asked}"] [data-answer="${CSS.escape(answered)}"]`)?.focus();
  }

  #question(question, answers) {
    const { acts } = this;
    const value = answers[question.id] ?? "";
    const title = element("span", { class: "title" }, question.title);
    if (question.kind === "choice") {
      return element("div", { class: "question", "data-asks": question.id }, title,
        segments(question, value || null, (chosen) => acts.answer(question.id, chosen), this.keyOf));
    }
    const oninput = (event) => acts.answer(question.id, event.target.value, false);
    if (question.kind === "label") {
      const list = `choices-${question.id}`;
      return element("label", { class: "question" }, title,
        element("input", {
          type: "text", list, value, maxlength: "200", placeholder: question.hint,
          "data-question": question.id, oninput,
        }),
        element("datalist", { id: list },
          ...question.choices.map((choice) => element("option", { value: choice.value }))));
    }
    const area = element("textarea", {
      rows: "1", maxlength: "10000", "data-question": question.id, oninput,
    });
    area.value = value;
    return element("label", { class: "question remarks" }, title, area);
  }

  tell(text) {
    this.state.textContent = text;
  }

  refuse(text) {
    this.problem.textContent = text;
    this.problem.hidden = !text;
  }

  focusFirst() {
    this.root.querySelector(".question button, .question input")?.focus();
  }

  focusRemarks() {
    this.root.querySelector("textarea")?.focus();
  }
}

/** Is a question asked, given the answers to others? */
export function isAsked(question, answers) {
  return question.only_with.every(([other, values]) => values.includes(answers[other]));
}
