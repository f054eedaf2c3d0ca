// What if: prototypes switched off, a region of an image hidden or kept, values of a row hidden or written anew. The server says what the model says then.

import { ask as askServer } from "../server.js";

const NOTHING = { off: [], region: null, values: {}, sentence: "", control: "", waterfall: null };
const ENDS = ["done", "failed", "cancelled"];

export class Tries {
  /** What is tried now, with the model's answer. */
  now = { ...NOTHING };
  action = "hide"; // or "keep"
  fill = "blur"; // or "mean", "noise"
  #number = 0;

  /**
   * @param {import("../case/open_case.js").OpenCase} opened
   * @param {string} trying what is said until the answer comes
   * @param {{redraw: () => void, restored: () => void}} steps `restored`: no region is left
   */
  constructor(opened, trying, steps, ask = askServer) {
    Object.assign(this, { opened, trying, steps, ask });
  }

  get isTrying() { 
    const { off, region, values } = this.now;
    return off.length > 0 || region !== null || Object.keys(values).length > 0;
  }

  /** Of another image nothing was tried yet. */
  clear() {
    this.#number += 1;
    this.now = { ...NOTHING };
  }

  restore() {
    this.clear();
    this.steps.restored();
  }

  /** Switch prototypes off, or on where all of them are off. */
  switchOff(names) {
    const off = new Set(this.now.off);
    const isOff = names.every((name) => off.has(name));
    for (const name of names) {
      if (isOff) off.delete(name);
      else off.add(name);
    }
    this.now = { ...this.now, off: [...off] };
    this.#ask();
  }

  /** The region is what is drawn for it; without any mark there is none. */
  setRegion(marks) {
    const before = this.now.region?.marks ?? [];
    if (JSON.stringify(before) === JSON.stringify(marks)) return;
    this.#tryRegion(marks);
  }

  /** @param {string} name of an attribute @param {string|null|undefined} text in its place; null hides it, undefined: as it is */
  setValue(name, text) {
    const { [name]: before, ...others } = this.now.values;
    if (before === text) return;
    this.now = { ...this.now, values: text === undefined ? others : { ...others, [name]: text } };
    this.#ask();
  }

  /** @param {{action?: string, fill?: string}} how what is done with the region */
  choose(how) {
    Object.assign(this, how);
    if (this.now.region) this.#tryRegion(this.now.region.marks);
    else this.steps.redraw();
  }

  #tryRegion(marks) {
    this.now = { ...this.now, region: marks.length ? { marks, action: this.action, fill: this.fill } : null };
    this.#ask();
  }

  /** Only the answer to what was tried last counts. */
  async #ask() {
    if (!this.isTrying) return this.restore();
    this.#number += 1;
    const number = this.#number;
    const { off, region, values } = this.now;
    const changed = Object.keys(values).length ? { values } : {};
    this.now = { ...this.now, sentence: this.trying, control: "" };
    this.steps.redraw();
    try {
      let answer = await this.ask(`try/${this.opened.path}`, { off, region, ...changed });
      while (!ENDS.includes(answer.state)) {
        if (number !== this.#number) return undefined;
        answer = await this.ask(`try/${answer.id}`);
      }
      if (number !== this.#number) return undefined;
      this.now = { off, region, values, ...answered(answer, this.opened.sheet.waterfall) };
    } catch (error) {
      if (number !== this.#number) return undefined;
      this.now = { ...this.now, sentence: error.message, control: "" };
    }
    return this.steps.redraw();
  }
}

/** @param {object} answer of the route for tries @param {object|null} before the waterfall of the image as it is */
function answered(answer, before) {
  if (answer.state !== "done") return { sentence: answer.text ?? "", control: "", waterfall: null };
  return {
    sentence: [`${answer.sentence}.`, answer.call, ...answer.notes].filter(Boolean).join(" "),
    control: [answer.control && `${answer.control}.`, answer.size].filter(Boolean).join(" "),
    waterfall: {
      title: before?.title ?? "",
      steps: answer.bars.map(({ name, evidence, start, text, prototypes }) =>
        ({ name, value: evidence, start, text, card: prototypes[0] ?? "" })),
      total: answer.together.evidence,
      total_text: answer.together.text,
      sentence: answer.control_detail,
    },
  };
}
