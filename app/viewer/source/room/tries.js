// What if: prototypes switched off, a region hidden or kept. The server says what the model says then.

import { element } from "../elements.js";
import { segments } from "./segments.js";
import { ask } from "./server.js";

const NOTHING = { off: [], region: null, sentence: "", control: "", waterfall: null };
const SHAPES = ["rectangle", "ellipse", "outline"];

export class Tries {
  constructor(room) {
    this.room = room;
    this.clear();
    this.action = "hide";
    this.fill = "blur";
  }

  /** What is tried now, with the model's answer. */
  clear() {
    this.number = (this.number ?? 0) + 1;
    this.now = { ...NOTHING };
  }

  draw(root, sheet) {
    const { room, now } = this;
    const { words } = room;
    root.hidden = sheet.cards.length === 0 || sheet.stage === "blind" || sheet.hides_network;
    if (root.hidden) return;
    const isTrying = now.off.length > 0 || now.region !== null;
    const choice = (title, entries, chosen, choose) => segments(
      { title, choices: entries.map((value) => ({ value, title: words[value], hint: "" })) },
      chosen, (value) => choose(value ?? chosen));
    root.replaceChildren(element("div", { class: "row" },
      element("span", { class: "title" }, words.try_region),
      ...SHAPES.map((kind) => element("button", {
        type: "button", "data-region": kind, "aria-pressed": String(room.isDrawing(kind, "region")),
        onclick: () => room.startDrawing(kind, "region"),
      }, words[kind])),
      choice(words.region_action, ["hide", "keep"], this.action, (value) => { this.action = value; this.#again(); }),
      choice(words.fill, ["blur", "mean", "noise"], this.fill, (value) => { this.fill = value; this.#again(); }),
      element("span", { class: "grow" }),
      element("button", {
        type: "button", "data-action": "restore", disabled: !isTrying, onclick: () => this.restore(),
      }, words.restore)));
  }

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

  /** The region is what is drawn for it; without any there is none. */
  setRegion(marks) {
    const before = this.now.region?.marks ?? [];
    if (JSON.stringify(before) === JSON.stringify(marks)) return;
    this.now = { ...this.now, region: marks.length ? { marks, action: this.action, fill: this.fill } : null };
    this.#ask();
  }

  #again() {
    if (this.now.region) {
      this.now = { ...this.now, region: { ...this.now.region, action: this.action, fill: this.fill } };
      this.#ask();
    }
    this.room.redraw();
  }

  restore() {
    this.room.removeMarks("region");
    this.number += 1;
    this.now = { ...NOTHING };
    this.room.redraw();
  }

  /** The server's latest answer, in the words of the room. */
  async #ask() {
    const { room } = this;
    const number = (this.number += 1);
    const { off, region } = this.now;
    if (!off.length && !region) return this.restore();
    this.now = { ...this.now, sentence: room.words.trying, control: "" };
    room.redraw();
    try {
      let answer = await ask(`try/${room.place}`, { off, region });
      while (!["done", "failed", "cancelled"].includes(answer.state)) {
        if (number !== this.number) return undefined;
        answer = await ask(`try/${answer.id}`);
      }
      if (number !== this.number) return undefined;
      this.now = { off, region, ...told(answer, room.sheet.waterfall) };
    } catch (error) {
      if (number !== this.number) return undefined;
      this.now = { ...this.now, sentence: error.message, control: "" };
    }
    return room.redraw();
  }
}

/** @param {object} answer of the route for tries @param {object|null} before the waterfall of the image as it is */
function told(answer, before) {
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
