// The case that is open and its sheet, which is asked for anew while the worker works, and until a lost
// server answers.

import { ask as askServer, isAway } from "../server.js";
import { placePath } from "./place.js";

const WATCH = 400; // ms between two looks while the worker works
const RECONNECT = 2000;

/**
 * What a room does as its case is followed.
 *
 * @typedef {object} Steps
 * @property {(isOther: boolean) => Promise<void>} leave before anything else is opened
 * @property {(caseId: string) => Promise<object|null>|null} known a sheet that was fetched ahead
 * @property {(caseId: string, frame: number, frames: number) => Promise} show the image
 * @property {(sheet: object, isOther: boolean) => void} begin from what the server has: the reader's entries too
 * @property {(sheet: object, before: object) => void} renew the same image: the reader's entries stay
 * @property {(milliseconds: number) => void} ready image and sheet are there
 * @property {(state: "opening"|"ready"|"lost"|"failed", error?: Error) => void} tell
 */

/** Is the prediction still to come? */
export function awaitsModel(sheet) { return sheet.headline?.tone === "waiting"; }

export class OpenCase {
  caseId = "";
  frame = 0;
  study = "";
  /** The reader wants to see what the network says of an image that it is not made for. */
  showsAnyway = false;
  /** Null until that of the open place is there: what the reader enters is never sent for another one. */
  sheet = null;
  #begun = "";
  #frames = 1; // as the case's last sheet said: the next step does not wait for a new one
  #opening = new AbortController();
  #timer = 0;

  /** @param {Steps} steps */
  constructor(steps, ask = askServer) {
    Object.assign(this, { steps, ask });
  }

  destroy() {
    this.#opening.abort();
    clearTimeout(this.#timer);
  }

  /** As the routes name what is open. */
  get path() { return placePath(this); }

  /** Aborted as soon as anything else is opened. */
  get signal() { return this.#opening.signal; }

  async open({ caseId, frame = 0, study = this.study }) {
    const began = performance.now();
    const { steps } = this;
    const read = `${caseId} ${study}`;
    const isOther = read !== this.#begun;
    this.destroy();
    this.#opening = new AbortController();
    const { signal } = this;
    await steps.leave(isOther);
    if (signal.aborted) return;
    if (isOther) this.#frames = 1;
    Object.assign(this, { caseId, frame, study, sheet: null });
    if (isOther) this.showsAnyway = false;
    steps.tell("opening");
    const known = frame === 0 ? steps.known(caseId) : null;
    // The image does not wait for the sheet: its address is known.
    const image = steps.show(caseId, frame, this.#frames);
    try {
      const sheet = (await known) || (await this.#fetch());
      if (signal.aborted) return;
      this.#follow(sheet);
      this.#begun = read;
      steps.begin(sheet, isOther);
      await image;
      // Only the sheet says how many frames there are; of the same address nothing is fetched again.
      if (sheet.frames > 1 && !signal.aborted) await steps.show(caseId, frame, sheet.frames);
      if (signal.aborted) return;
      steps.ready(performance.now() - began);
      steps.tell("ready");
      if (known) this.refresh();
    } catch (error) {
      if (!signal.aborted) this.fail(error, () => this.open({ caseId, frame, study }));
    }
  }

  /** A new sheet of the same image. */
  refresh() {
    return this.#lookAgain((sheet, before) => this.steps.renew(sheet, before), () => this.refresh());
  }

  /** The same image anew: after a signature, a lock, a discarded draft. */
  beginAgain() {
    return this.#lookAgain((sheet) => this.steps.begin(sheet, false), () => this.beginAgain());
  }

  async #lookAgain(draw, again) {
    if (!this.sheet) return; // it is being opened
    const { signal } = this;
    try {
      const sheet = await this.#fetch();
      if (signal.aborted) return;
      const before = this.sheet;
      this.#follow(sheet);
      this.steps.tell("ready");
      draw(sheet, before);
    } catch (error) {
      if (!signal.aborted) this.fail(error, again);
    }
  }

  /** Tell the server what the reader wants. @returns {Promise<boolean>} false where it was not done, which is told */
  async send(path, body = {}) {
    try {
      await this.ask(path, body);
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  /** Send what changes the case, and look at it again. */
  async change(path, body) {
    if (await this.send(path, body)) await this.refresh();
  }

  /** A server that does not answer is asked again. */
  fail(error, again = () => (this.sheet ? this.refresh() : this.open(this))) {
    this.steps.tell(isAway(error) ? "lost" : "failed", error);
    if (!isAway(error)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(again, RECONNECT);
  }

  #fetch() {
    const path = placePath(this, this.showsAnyway ? { anyway: 1 } : {});
    return this.ask(`sheet/${path}`, undefined, { signal: this.signal });
  }

  #follow(sheet) {
    this.sheet = sheet;
    this.#frames = sheet.frames;
    clearTimeout(this.#timer);
    if (sheet.work.length > 0 || awaitsModel(sheet)) this.#timer = setTimeout(() => this.refresh(), WATCH);
  }
}
