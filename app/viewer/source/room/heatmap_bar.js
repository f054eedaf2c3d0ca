// Under the image: which heatmap lies over it, how it is drawn, and the one line that binds to it.

import { element, options } from "../elements.js";
import { segments } from "./segments.js";

const DRAWINGS = ["colour", "contour"];

export class HeatmapBar {
  /**
   * @param {object} words
   * @param {{toggle: () => void, choose: (id: string) => void, draw: (change: object) => void,
   *     request: (action: object) => void, judge: (id: string, value: string|null) => void,
   *     cancel: (job: string) => void}} acts what a hand does here
   * @param {string} key that switches the heatmap
   */
  constructor(words, acts, key) {
    Object.assign(this, { words, acts });
    this.toggle = element("button", {
      type: "button", "data-action": "heatmap", "aria-pressed": "false",
      title: key, onclick: () => acts.toggle(),
    }, words.heatmap);
    this.select = element("select", {
      "aria-label": words.heatmaps, onchange: () => acts.choose(this.select.value),
    });
    this.drawing = element("select", {
      "aria-label": words.drawing, onchange: () => acts.draw({ mode: this.drawing.value }),
    }, ...DRAWINGS.map((mode) => element("option", { value: mode }, words[mode])));
    this.threshold = this.#range(words.threshold, "threshold", 0.5);
    this.opacity = this.#range(words.opacity, "opacity", 0.5);
    this.more = element("select", {
      "aria-label": words.explain_more,
      onchange: () => {
        const action = this.requests[Number(this.more.value)];
        this.more.selectedIndex = 0;
        if (action) acts.request(action);
      },
    });
    this.controls = element("span", { class: "group" }, this.select, this.drawing,
      label(words.threshold, this.threshold), label(words.opacity, this.opacity));
    this.claim = element("p", { class: "claim", role: "status" });
    this.root = element("section", { class: "heatmap-bar", "aria-label": words.heatmaps },
      element("div", { class: "row" }, this.toggle, this.controls, this.more),
      this.claim);
  }

  #range(title, name, value) {
    return element("input", {
      type: "range", min: "0", max: "1", step: "0.01", value, "aria-label": title, title,
      oninput: (event) => this.acts.draw({ [name]: Number(event.target.value) }),
    });
  }

  /**
   * @param {object} sheet
   * @param {object|null} visible the offer that lies over the image
   * @param {boolean} isOn
   * @param {object} answers to the form
   */
  show(sheet, visible, isOn, answers) {
    this.root.hidden = sheet.maps.length === 0 && sheet.map_actions.length === 0 && sheet.work.length === 0;
    this.toggle.disabled = sheet.maps.length === 0;
    this.toggle.setAttribute("aria-pressed", String(isOn));
    options(this.select, sheet.maps.map(({ id, title }) => ({ value: id, label: title })), visible?.id);
    this.controls.hidden = !isOn || !visible;
    this.requests = sheet.map_actions;
    this.more.hidden = this.requests.length === 0;
    this.more.replaceChildren(element("option", { value: "-1" }, this.words.explain_more),
      ...this.requests.map(({ title }, index) => element("option", { value: String(index) }, title)));
    const working = sheet.work.map((work) => this.#work(work));
    const shown = isOn && visible ? this.#about(sheet, visible, answers) : [];
    this.claim.replaceChildren(...shown, ...working);
    this.claim.hidden = shown.length + working.length === 0;
  }

  #about(sheet, map, answers) {
    const { acts } = this;
    const question = sheet.form.questions.find(({ id }) => id === "region");
    const chosen = answers.judged_map === map.id ? answers.region : null;
    return [
      ...(map.warning ? [element("strong", {}, `${map.warning} `)] : []),
      ...(map.shares_text ? [element("span", {}, `${map.shares_text} `)] : []),
      element("span", {}, `${map.claim} `),
      ...(question ? [element("span", { class: "question inline", "data-asks": "region" },
        element("span", { class: "title" }, question.title),
        segments(question, chosen ?? null, (value) => acts.judge(map.id, value)))] : []),
      ...map.actions.map((action) => element("button", {
        type: "button", class: "plain", title: action.hint, onclick: () => acts.request(action),
      }, action.title)),
    ];
  }

  #work(work) {
    return element("span", { class: "work", "data-job": work.job_id },
      element("progress", { max: "1", value: String(work.progress), "aria-label": work.text }),
      ` ${work.text} `,
      work.can_cancel
        ? element("button", { type: "button", class: "plain", onclick: () => this.acts.cancel(work.job_id) },
          this.words.cancel)
        : "");
  }
}

function label(text, input) {
  return element("label", { class: "short" }, text, input);
}
