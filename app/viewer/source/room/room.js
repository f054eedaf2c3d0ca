// The reading room: it draws the server's sheet, sends back what the hand did, and goes on to the next
// image. No rule and no sentence is made here.

import { Ahead } from "./case/ahead.js";
import { Claims } from "./case/claims.js";
import { Comparison } from "./case/comparison.js";
import { MapChoice } from "./case/map_choice.js";
import { awaitsModel, OpenCase } from "./case/open_case.js";
import { placePath, putInAddress } from "./case/place.js";
import { Queue } from "./case/queue.js";
import { Requests } from "./case/requests.js";
import { handOf, keyActs } from "./controls.js";
import { WorkClock } from "./entries/clock.js";
import { Drafts } from "./entries/drafts.js";
import { Drawing, parted } from "./entries/drawing.js";
import { Entries } from "./entries/entries.js";
import { Signing } from "./entries/signing.js";
import { Tries } from "./entries/tries.js";
import { KeyActions } from "./reader/key_actions.js";
import { Keyboard } from "./reader/keyboard.js";
import { Preferences } from "./reader/preferences.js";
import { Settings } from "./reader/settings.js";
import { hasUse } from "./row/tools.js";
import { Screen } from "./screen.js";
import { ask, sentenceOf } from "./server.js";

const FLUSH = 150; // ms that the next image waits for entries of the one before

export class Room {
  #visited = {};

  /** @param {{words: object, pane: object, keys: object[]}} data @param {() => void} leave to the list */
  constructor(host, data, leave) {
    Object.assign(this, { words: data.words, leave });
    this.#makeCase();
    this.#makeEntries(new WorkClock(host));
    this.preferences = new Preferences(data.keys, (error) => this.#complain(error));
    this.screen = new Screen(data, this.preferences, this.tries, handOf(this));
    this.page = this.screen.page;
    this.page.note({ theme: this.preferences.theme });
    this.page.appendTo(host);
    this.comparison = new Comparison(this.screen.pane, this.screen.evidence.pane);
    this.drawing = new Drawing(this.screen.pane);
    this.#makeKeys(data.keys);
  }

  #makeKeys(keys) {
    const { opened, preferences, screen } = this;
    this.keyActions = new KeyActions({
      dialogs: [screen.keysDialog, screen.moreDialog],
      questions: () => opened.sheet?.form.questions ?? [],
      answer: (id, value) => this.answer(id, value),
      acts: keyActs(this),
      hasUse: (id) => hasUse(opened.sheet?.kind, id),
      pane: screen.pane,
    });
    this.keyboard = new Keyboard(keys, (id, isDown) => this.keyActions.run(id, isDown));
    this.settings = new Settings(preferences, this.keyboard, screen, opened, this.ahead);
    this.settings.load();
  }

  destroy() {
    this.opened.destroy();
    this.drafts.destroy();
    this.entries.clock.destroy();
    this.keyboard.destroy();
    this.claims.destroy();
    this.screen.destroy();
  }

  /** The page names a case on each of its runs; another one than before was asked for there. */
  visit(caseId, study) {
    if (caseId === this.#visited.caseId && study === this.#visited.study) return;
    if (study !== this.#visited.study) this.ahead.forget();
    this.#visited = { caseId, study };
    this.opened.open({ caseId, study });
  }

  // ---- a case, and the next ----

  #makeCase() {
    this.maps = new MapChoice();
    this.opened = new OpenCase({
      leave: (isOther) => this.#leaveCase(isOther),
      known: (caseId) => this.ahead.take(caseId),
      show: (caseId, frame, frames) => this.screen.pane.show({
        key: caseId, frame, frames, url: (number) => `/api/pixels/${caseId}/${number}`,
      }),
      begin: (sheet, isOther) => this.#begin(sheet, isOther),
      renew: (sheet, before) => {
        this.maps.renew(sheet, before);
        this.#showRow(sheet);
        this.redraw();
        if (awaitsModel(before) && !awaitsModel(sheet)) this.#loadQueue(); // its row says so too
      },
      ready: (milliseconds) => this.#ready(milliseconds),
      tell: (state, error) => this.#tell(state, error),
    });
    this.requests = new Requests(this.opened, this.maps);
    this.ahead = new Ahead((caseId) => this.#fetchAhead(caseId), (pixels) => this.screen.pane.prefetch(pixels));
    this.queue = new Queue((queue, caseId) => this.screen.queue.show(queue, caseId), this.ahead);
    this.claims = new Claims((text) => this.page.say(text));
  }

  /**
   * @param {"next"|"previous"} side
   * @param {string} otherwise what is said where there is none
   */
  async go(side, otherwise) {
    const { caseId, signal } = this.opened;
    try {
      const beside = await this.queue.beside(caseId, location.search, signal);
      if (beside?.[side]) this.opened.open({ caseId: beside[side] });
      else if (beside) this.page.say(otherwise);
    } catch (error) {
      if (!signal.aborted) this.#complain(error);
    }
  }

  async #leaveCase(isOther) {
    if (isOther) this.claims.release();
    await Promise.race([this.drafts.flush(), new Promise((done) => { setTimeout(done, FLUSH); })]);
  }

  async #fetchAhead(caseId) {
    await this.drafts.flush(); // what was entered there is then on its sheet
    return ask(`sheet/${placePath({ caseId, frame: 0, study: this.opened.study })}`);
  }

  #begin(sheet, isOther) {
    this.tries.clear();
    if (isOther) {
      this.comparison.end(); // another frame is still beside the same image
      this.maps.begin();
    }
    const own = Drafts.recall(this.opened.path);
    this.entries.begin(sheet.form, own);
    this.screen.begin(this.entries.marks, sheet.frame);
    this.#showRow(sheet);
    this.redraw();
    if (own) this.#entered();
  }

  /** Another model may make another picture of a row; its address says which. */
  #showRow({ kind, case_id: key, pixels }) {
    if (kind === "row") this.screen.pane.show({ key, url: (frame) => pixels.replace("{frame}", frame) });
  }

  #ready(milliseconds) {
    this.screen.showTools();
    this.page.note({ case: this.opened.caseId, frame: String(this.opened.frame), opened: String(Math.round(milliseconds)) });
    this.#loadQueue();
  }

  async #loadQueue() {
    const { caseId, signal, study } = this.opened;
    await this.queue.load(caseId, location.search, signal).catch(() => null); // a key that needs it asks again
    if (!signal.aborted && !study) this.claims.take(caseId);
  }

  #tell(state, error) {
    const { state: before } = this.page.root.dataset;
    this.page.note({ state });
    if (error) this.#complain(error);
    else if (before === "lost" || before === "failed") this.page.say("");
    if (state === "opening") putInAddress(this.opened.caseId);
  }

  #complain(error) { this.page.say(sentenceOf(error, this.words.server_lost)); }

  redraw() {
    const { sheet } = this.opened;
    if (sheet) this.screen.show(sheet, this.entries, this.maps, this.comparison.link);
  }

  toggleHeatmap() {
    if (!this.opened.sheet?.maps.length) return;
    this.maps.toggle();
    this.redraw();
  }

  /** @param {{mode?: string, threshold?: number, opacity?: number}} change */
  drawHeatmap(change) {
    if (change.mode) this.maps.mode = change.mode;
    this.screen.pane.heatmap = change;
  }

  /** @param {object|null} link the image that is shown beside this one from now on; null ends that */
  compare(link) {
    if (link) this.comparison.start(link);
    else this.comparison.end();
    this.screen.evidence.showAnew();
    this.redraw();
  }

  // ---- what the reader enters ----

  #makeEntries(clock) {
    this.entries = new Entries(clock, () => this.#entered());
    this.drafts = new Drafts((state, text) => this.#tellDraft(state, text));
    const { entries, drafts, opened } = this;
    this.signing = new Signing({ entries, drafts, opened }, {
      signed: (caseId, { revision = "" }) => this.page.note({ signed: `${caseId}:${revision}` }),
      refused: (error) => this.screen.verdict.refuse(sentenceOf(error, this.words.not_signed)),
      goOn: (answer) => this.#goOn(answer),
    });
    this.tries = new Tries(opened, this.words.trying, {
      redraw: () => this.redraw(),
      restored: () => {
        this.drawing.removeRegion();
        this.redraw();
      },
    });
  }

  answer(id, value, draws = true) {
    this.entries.answer(id, value);
    if (draws) this.redraw();
  }

  marked(marks) {
    const { entered, region } = parted(marks);
    this.entries.mark(entered);
    this.tries.setRegion(region);
  }

  #entered() {
    this.screen.verdict.refuse("");
    if (this.opened.sheet?.form.may_sign) this.drafts.change(this.opened.path, this.entries.sent);
  }

  #tellDraft(state, text) {
    const { words } = this;
    this.page.note({ draft: state });
    const said = { kept: `${words.draft_kept} ${text}.`, waiting: "", lost: words.draft_lost, refused: text };
    this.screen.verdict.tell(said[state]);
  }

  /** After a signature. */
  async #goOn({ text }) {
    const { caseId, signal } = this.opened;
    const beside = await this.queue.beside(caseId, location.search, signal).catch(() => null);
    if (signal.aborted) return;
    const next = beside?.next;
    if (next && next !== caseId) await this.opened.open({ caseId: next });
    else {
      await this.opened.beginAgain();
      this.#loadQueue();
    }
    this.screen.verdict.tell(text);
  }

  /** Delete the case, and leave it. */
  async remove() {
    if (!(await this.opened.send(`delete/${this.opened.caseId}`))) return;
    this.drafts.forget(this.opened.path);
    this.screen.moreDialog.close();
    this.leave();
  }
}
