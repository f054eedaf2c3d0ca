// The reading room: it draws the server's sheet, sends back what the hand did, and goes on to the next
// image. No rule and no sentence is made here.

import { element } from "../elements.js";
import { ImagePane } from "../image/image_pane.js";
import { WorkClock } from "./clock.js";
import { Dialog, drawKeys, drawMore, shown } from "./dialogs.js";
import { Drafts } from "./drafts.js";
import { Evidence } from "./evidence.js";
import { HeatmapBar } from "./heatmap_bar.js";
import { Keys } from "./keys.js";
import { Queue } from "./queue.js";
import { ask, Lost } from "./server.js";
import { Splitter } from "./splitter.js";
import { Toolbar } from "./toolbar.js";
import { Tries } from "./tries.js";
import { VerdictStrip } from "./verdict.js";

const WATCH = 400; // ms between two looks while the worker works
const RECONNECT = 2000;
const CLAIM_AGAIN = 240_000;
const LIGHT = "dprotonet-light-room";
const NO_ENTRIES = { answers: {}, judgements: {}, marks: [], active_seconds: 0 };

export class Room {
  constructor(host, data, leave) {
    this.leave = leave;
    this.words = data.words;
    this.paneData = data.pane;
    this.defaultKeys = data.keys;
    this.keyList = data.keys;
    this.entries = structuredClone(NO_ENTRIES);
    this.keyOf = (id) => shown(this.keyList.find((entry) => entry.id === id)?.key ?? "");
    this.#build(host);
    this.tries = new Tries(this);
    this.drafts = new Drafts((state, text) => this.#tellDraft(state, text));
    this.clock = new WorkClock(this.root);
    this.keys = new Keys(this.keyList, (id, isDown) => this.#key(id, isDown));
    this.#loadPreferences();
  }

  destroy() {
    this.gone = true;
    this.drafts.destroy();
    this.clock.destroy();
    this.keys.destroy();
    this.pane.destroy();
    this.evidence.destroy();
    clearTimeout(this.watching);
    clearInterval(this.claiming);
    this.#release();
    this.root.remove();
  }

  // ---- building ----

  #build(host) {
    const { words } = this;
    this.title = element("strong", { class: "file" });
    this.facts = element("span", { class: "quiet grow" });
    this.model = element("select", {
      "aria-label": words.model, onchange: () => this.#change(`model/${this.caseId}`, { model: this.model.value }),
    });
    this.stageText = element("span", { class: "stage" });
    this.keysDialog = new Dialog(this, words.keys);
    this.moreDialog = new Dialog(this, words.more);
    const button = (action, text, onclick) =>
      element("button", {
        type: "button", "data-action": action, title: this.keyOf(action), onclick,
        "aria-label": /\w/.test(text) ? null : this.titleOf(action), // of a sign
      }, text);
    this.bar = element("header", { class: "bar" },
      button("list", words.all_cases, () => this.leave()),
      button("previous", "‹", () => this.go(-1)),
      button("next", words.next, () => this.go(1)),
      this.title, this.facts, this.stageText, this.model,
      button("more", words.more, () => { drawMore(this.moreDialog, this); this.moreDialog.open(); }),
      button("full", words.full_screen, () => this.toggleFull()),
      button("help", "?", () => { drawKeys(this.keysDialog, this); this.keysDialog.open(); }));
    this.message = element("p", { class: "room-message", role: "alert", hidden: true });
    this.queue = new Queue(this);
    this.status = element("p", { class: "status-line" });
    this.screen = element("div", { class: "image-screen" }, this.status);
    this.tools = new Toolbar(this);
    this.heatmapBar = new HeatmapBar(this);
    this.imageSide = element("section", { class: "image-side", "aria-label": words.image },
      this.tools.root, this.screen, this.heatmapBar.root);
    this.evidence = new Evidence(this, (root) => this.#pane(root, { isQuiet: true }));
    this.verdict = new VerdictStrip(this);
    this.middle = element("main", { class: "middle" }, this.queue.root, this.imageSide, this.evidence.root);
    this.who = element("span", {});
    this.foot = element("footer", { class: "foot" }, element("strong", {}, words.research), this.who);
    this.root = element("div", { class: "room", "data-case": "", "data-theme": localStorage.getItem(LIGHT) ? "light" : "dark" },
      this.bar, this.message, this.middle, this.verdict.root, this.foot, this.keysDialog.root, this.moreDialog.root);
    const header = document.querySelector("[data-testid=stHeader]");
    if (header) this.root.style.setProperty("--top", `${Math.round(header.getBoundingClientRect().bottom)}px`);
    host.append(this.root);
    this.splitters = [
      new Splitter(this.middle, this.queue.root, "--queue", { least: 0, most: 420, words }),
      new Splitter(this.middle, this.evidence.root, "--evidence", { least: 280, most: 1600, fromRight: true, words }),
    ];
    this.pane = this.#pane(this.screen, {});
  }

  #pane(root, { isQuiet }) {
    const own = isQuiet ? {} : {
      onMarks: (marks) => this.#marked(marks),
      onFrame: (frame) => this.open(this.caseId, frame),
      onStatus: (text) => { this.status.textContent = text; },
      onTool: () => { if (this.sheet) this.redraw(); },
      onView: () => this.tools?.show(this.pane),
    };
    return new ImagePane(root, { ...this.paneData, ...own });
  }

  async #loadPreferences() {
    try {
      const { keys, presets, reads_first: readsFirst } = await ask("preferences");
      this.presets = presets ?? [];
      this.readsFirst = Boolean(readsFirst);
      this.keyList = this.defaultKeys.map((entry) => ({ ...entry, key: keys?.[entry.id] ?? entry.key }));
      this.keys.setList(this.keyList);
    } catch {
      // The room works with the usual keys.
    }
  }

  // ---- opening ----

  get place() { return `${this.caseId}/${this.frame}${this.study ? `?study=${this.study}` : ""}`; }

  #sheetPath(caseId, frame) {
    const query = new URLSearchParams();
    if (this.study) query.set("study", this.study);
    if (this.showsAnyway) query.set("anyway", "1");
    const text = query.toString();
    return `sheet/${caseId}/${frame}${text ? `?${text}` : ""}`;
  }

  /** Show a case; what was entered on the one before is kept. */
  async open(caseId, frame = 0) {
    const isOther = caseId !== this.caseId;
    const started = performance.now();
    const turn = (this.turn = (this.turn ?? 0) + 1);
    await Promise.race([this.drafts.flush(), new Promise((done) => { setTimeout(done, 150); })]);
    if (turn !== this.turn) return;
    if (isOther) {
      this.showsAnyway = false;
      this.#release();
    }
    this.caseId = caseId;
    this.frame = frame;
    this.#putInAddress();
    clearTimeout(this.watching);
    this.root.dataset.state = "opening";
    const known = this.ahead?.caseId === caseId && frame === 0 ? this.ahead.sheet : null;
    // The image does not wait for the sheet: its address is known.
    const image = this.#showFrame(frame, this.sheetOf(caseId)?.frames ?? 1);
    try {
      const sheet = (await known) || await ask(this.#sheetPath(caseId, frame));
      if (turn !== this.turn) return;
      this.#begin(sheet, isOther);
      await image;
      if (turn !== this.turn) return;
      // Only the sheet says how many frames there are; of the same address nothing is fetched again.
      if (sheet.frames > 1) await this.#showFrame(frame, sheet.frames);
      this.tools.show(this.pane);
      this.root.dataset.state = "ready";
      this.root.dataset.case = caseId;
      this.root.dataset.frame = String(frame);
      this.root.dataset.opened = String(Math.round(performance.now() - started));
      if (known) this.#refresh();
      this.#loadQueue();
    } catch (error) {
      if (turn === this.turn) this.#failed(error, () => this.open(caseId, frame));
    }
  }

  #showFrame(frame, frames) {
    const { caseId } = this;
    return this.pane.show({
      key: caseId, frame, frames, url: (number) => `/api/pixels/${caseId}/${number}`, presets: this.presets ?? [],
    });
  }

  sheetOf(caseId) { return this.sheet?.case_id === caseId ? this.sheet : null; }

  #begin(sheet, isOther) {
    this.#say("");
    this.tries.clear();
    if (this.sheet?.case_id !== sheet.case_id) this.#stopComparing(); // another frame is still beside the same image
    this.evidence.begin();
    if (isOther) {
      this.isOn = false;
      this.mapId = null;
    }
    const form = sheet.form;
    const own = Drafts.recall(this.place);
    this.entries = {
      ...structuredClone(NO_ENTRIES),
      answers: { ...form.answers }, judgements: structuredClone(form.judgements), marks: [...form.marks],
      ...(own ? { answers: own.answers, judgements: own.judgements, marks: own.marks } : {}),
    };
    this.revision = own?.revision ?? form.revision;
    this.clock.start(own?.active_seconds ?? form.active_seconds);
    this.isSetting = true;
    this.pane.setMarks(this.entries.marks, sheet.frame);
    this.isSetting = false;
    this.#take(sheet);
    if (own) this.#changed();
  }

  /** The same image anew, from what the server has: after a signature, a lock, a discarded draft. */
  async #beginAgain() {
    this.#begin(await ask(this.#sheetPath(this.caseId, this.frame)), false);
  }

  /** A new sheet of the same image: the reader's entries stay. */
  #take(sheet) {
    this.sheet = sheet;
    this.title.textContent = sheet.facts.title;
    this.facts.textContent = sheet.facts.line;
    this.who.textContent = sheet.facts.who;
    this.stageText.textContent = this.words[`stage_${sheet.stage}`] ?? "";
    this.root.dataset.stage = sheet.stage;
    this.model.replaceChildren(...sheet.facts.models.map(({ digest, title }) =>
      element("option", { value: digest, selected: digest === sheet.facts.model }, title)));
    this.model.hidden = sheet.facts.models.length === 0;
    this.redraw();
    clearTimeout(this.watching);
    const isWaiting = sheet.work.length > 0 || sheet.headline?.tone === "waiting";
    if (isWaiting) this.watching = setTimeout(() => this.#refresh(), WATCH);
  }

  async #refresh() {
    const { turn, caseId, frame } = this;
    try {
      const sheet = await ask(this.#sheetPath(caseId, frame));
      if (turn !== this.turn || this.gone) return;
      this.#say("");
      this.#pickNewMap(sheet);
      this.#take(sheet);
    } catch (error) {
      if (turn === this.turn) this.#failed(error, () => this.#refresh());
    }
  }

  /** The heatmap that was asked for is shown once it is there. */
  #pickNewMap(sheet) {
    if (!this.wanted) return;
    const found = sheet.maps.find(({ id }) => id === this.wanted);
    const isNew = found && !this.sheet.maps.some(({ id, url }) => id === found.id && url === found.url);
    if (!found || (!isNew && sheet.work.length)) return;
    this.mapId = found.id;
    this.isOn = true;
    if (!sheet.work.length) this.wanted = null;
  }

  #failed(error, again) {
    if (error instanceof Lost || error.status === 503) {
      this.#say(error.status === 503 ? error.message : this.words.server_lost);
      this.root.dataset.state = "lost";
      this.watching = setTimeout(again, RECONNECT);
      return;
    }
    this.root.dataset.state = "failed";
    this.#say(error.message);
  }

  #putInAddress() {
    const address = new URL(location.href);
    address.searchParams.set("case", this.caseId);
    history.replaceState(history.state, "", address);
  }

  // ---- the queue ----

  async #loadQueue() {
    const { caseId, turn } = this;
    const query = new URLSearchParams(location.search);
    try {
      const queue = await ask(`queue/${caseId}?${query}`);
      if (turn !== this.turn) return;
      this.around = queue;
      this.queue.show(queue, caseId);
      if (queue.next) this.#fetchAhead(queue.next, queue.next_pixels);
      this.#claim();
    } catch {
      // The queue is a convenience: the next look brings it.
    }
  }

  /** Others are told that somebody works on it. */
  async #claim() {
    if (this.study) return;
    const { caseId, turn } = this;
    clearInterval(this.claiming);
    const say = async () => {
      try {
        const { text } = await ask(`claim/${caseId}`, {});
        if (turn === this.turn && text) this.#say(text);
      } catch {
        // A claim only tells others: reading goes on without it.
      }
    };
    this.claiming = setInterval(say, CLAIM_AGAIN);
    await say();
  }

  #release() {
    if (!this.caseId || this.study) return;
    ask(`release/${this.caseId}`, {}, { keepalive: true }).catch(() => {}); // it runs out by itself
  }

  /** What comes next is fetched while the reader looks at this one. */
  #fetchAhead(caseId, pixels) {
    if (this.ahead?.caseId === caseId) return;
    const sheet = ask(this.#sheetPath(caseId, 0)).catch(() => null);
    this.ahead = { caseId, sheet };
    this.pane.prefetch(pixels);
  }

  go(by) {
    const target = by > 0 ? this.around?.next : this.around?.previous;
    if (target) this.open(target);
    else this.#say(by > 0 ? this.words.no_next : this.words.no_previous);
  }

  // ---- drawing ----

  redraw() {
    const { sheet } = this;
    if (!sheet) return;
    const map = sheet.maps.find(({ id }) => id === this.mapId) ?? sheet.maps[0] ?? null;
    this.mapId = map?.id ?? null;
    this.heatmapBar.show(sheet, map, this.isOn, this.entries.answers);
    this.evidence.show(sheet, this.entries, this.tries.now);
    this.tries.draw(this.evidence.tries, sheet);
    this.verdict.show(sheet.form, this.entries.answers);
    this.tools.show(this.pane);
    this.middle.classList.toggle("blind", !sheet.headline && !this.compared);
    this.#layHeatmap(map);
  }

  #layHeatmap(map) {
    const { card } = this.evidence;
    // Without a heatmap the contour of the prototype at hand shows where the network looks for it.
    const own = !this.isOn && card?.heatmap
      ? { url: card.heatmap, palette: card.palette, mode: "contour" } : null;
    const wanted = this.isOn && map ? { url: map.url, palette: map.palette, mode: this.mode ?? "colour" } : own;
    this.pane.setHeatmap(wanted && { url: wanted.url, palette: wanted.palette, frame: this.sheet.frame })
      .catch((error) => this.#say(error.message));
    if (wanted) this.pane.heatmap = { mode: wanted.mode };
    this.root.dataset.heatmap = this.isOn && map ? "shown" : "absent";
    this.root.dataset.heatmapUrl = this.isOn && map ? map.url : "";
  }

  drawSource(source) {
    const { pane } = this.evidence;
    pane.setHeatmap(source.heatmap ? { url: source.heatmap, palette: this.evidence.card.palette } : null)
      .catch((error) => this.#say(error.message));
    pane.heatmap = { mode: "contour" };
  }

  drawMap(change) {
    if (change.mode) this.mode = change.mode;
    this.pane.heatmap = change;
  }

  toggleHeatmap() {
    if (!this.sheet?.maps.length) return;
    this.isOn = !this.isOn;
    this.wanted = null; // what is still on its way does not undo the hand
    this.redraw();
  }

  chooseMap(id) {
    this.wanted = null;
    this.mapId = id;
    this.isOn = true;
    this.redraw();
  }

  showCard(id) { this.evidence.choose(id); }

  anyway() {
    this.showsAnyway = !this.showsAnyway;
    this.#refresh();
  }

  say(text) { this.#say(text); }

  #say(text) {
    this.message.textContent = text;
    this.message.hidden = !text;
  }

  // ---- what the reader enters ----

  answer(id, value, draws = true) {
    this.entries.answers = { ...this.entries.answers, [id]: value };
    this.#changed();
    if (draws) this.redraw();
  }

  judge(prototype, id, value) {
    const answers = { ...this.entries.judgements[prototype], [id]: value };
    if (id === "usefulness" && value !== "artefact") answers.artefact = null;
    this.entries.judgements = { ...this.entries.judgements, [prototype]: answers };
    this.#changed();
    this.redraw();
  }

  judgeMap(id, value) {
    this.entries.answers = { ...this.entries.answers, region: value, judged_map: value ? id : null };
    this.#changed();
    this.redraw();
  }

  #marked(marks) {
    if (this.isSetting) return;
    this.entries.marks = marks.filter(({ purpose }) => purpose !== "region");
    this.tries.setRegion(marks.filter(({ purpose }) => purpose === "region"));
    this.#changed();
  }

  removeMarks(purpose) {
    this.isSetting = true;
    this.pane.marks = this.pane.marks.filter((mark) => mark.purpose !== purpose);
    this.isSetting = false;
  }

  startDrawing(kind, purpose) {
    if (purpose === "region") this.removeMarks("region");
    this.pane.drawing = this.isDrawing(kind, purpose) ? null : { kind, purpose };
    this.redraw();
  }

  isDrawing(kind, purpose) {
    const { drawing } = this.pane;
    return drawing?.kind === kind && drawing.purpose === purpose;
  }

  switchOff(card) { this.tries.switchOff(card.prototypes); }

  #sent() {
    return { ...this.entries, active_seconds: this.clock.seconds, revision: this.revision };
  }

  #changed() {
    this.verdict.refuse("");
    if (!this.sheet?.form.may_sign) return;
    this.drafts.change(this.place, this.#sent());
  }

  #tellDraft(state, text) {
    const { words } = this;
    this.root.dataset.draft = state;
    this.verdict.tell({
      kept: `${words.draft_kept} ${text}.`, waiting: "", lost: words.draft_lost, refused: text,
    }[state]);
  }

  async discard() {
    this.drafts.forget(this.place);
    try {
      await ask(`discard/${this.place}`, {});
      await this.#beginAgain();
    } catch (error) {
      this.#failed(error, () => this.discard());
    }
  }

  /** Sign, or lock a blind read, and go on. */
  async press() {
    if (this.isSigning || !this.sheet?.form.may_sign) return;
    this.isSigning = true;
    const isBlind = this.sheet.stage === "blind";
    const { place, turn } = this;
    try {
      const answer = await ask(`${isBlind ? "lock" : "sign"}/${place}`, this.#sent());
      this.drafts.forget(place);
      this.root.dataset.signed = `${this.caseId}:${answer.revision ?? ""}`;
      if (turn !== this.turn) return;
      if (isBlind) {
        await this.#beginAgain();
        return;
      }
      if (this.around?.next && this.around.next !== this.caseId) await this.open(this.around.next);
      else {
        await this.#beginAgain();
        this.#say("");
        this.#loadQueue();
      }
      this.verdict.tell(answer.text);
    } catch (error) {
      if (error instanceof Lost) this.verdict.refuse(this.words.not_signed);
      else this.verdict.refuse(error.message);
      if (error.status === 409) this.#refresh();
    } finally {
      this.isSigning = false;
    }
  }

  // ---- what the reader asks for ----

  async request(action) {
    if (action.id !== "explain") return this.#change(`${action.id}/${action.id === "retry" ? this.place : this.caseId}`, {});
    this.wanted = action.tier === "instant" ? `${action.node}@reader` : action.node;
    return this.#change(`explain/${this.place}`, { node: action.node, tier: action.tier });
  }

  cancel(job) { return this.#change(`cancel/${job}`, {}); }

  async #change(path, body) {
    try {
      await ask(path, body);
      await this.#refresh();
    } catch (error) {
      this.#failed(error, () => this.#refresh());
    }
  }

  async remove() {
    try {
      await ask(`delete/${this.caseId}`, {});
      this.drafts.forget(this.place);
      this.moreDialog.close();
      this.leave();
    } catch (error) {
      this.#failed(error, () => this.#refresh());
    }
  }

  /** Another image beside this one, moved and windowed together. */
  compareWith(link) {
    const { pane } = this.evidence;
    this.#stopComparing();
    this.compared = link;
    this.redraw();
    pane.show({
      key: `compare/${link.case_id}`, frame: 0, frames: link.frames,
      url: (frame) => link.pixels.replace("{frame}", frame), presets: [],
    }).then(() => {
      if (this.compared !== link) return;
      pane.setHeatmap(null);
      this.pane.link(pane, { zoom: true, window: true, crosshair: true });
    });
  }

  #stopComparing() {
    this.compared = null;
    this.pane.unlink();
    this.evidence.shownUrl = null;
  }

  endCompare() {
    this.#stopComparing();
    this.redraw();
  }

  // ---- keys ----

  titleOf(id) { return this.keyList.find((entry) => entry.id === id)?.title ?? id; }

  /** What a key does, by a press of a hand. */
  act(id) {
    this.#key(id, true);
    this.tools.show(this.pane);
  }

  #key(id, isDown) {
    if (this.keysDialog.root.open || this.moreDialog.root.open) {
      if (!isDown || !["help", "cancel"].includes(id)) return false;
      this.keysDialog.close();
      this.moreDialog.close();
      return true;
    }
    if (id === "hide-heatmap") return this.pane.run(id, { held: isDown });
    if (!isDown) return true;
    if (id.startsWith("confidence-")) return this.#answerWith("confidence", id.slice(11));
    const act = {
      accept: () => this.#answerKey("accept"),
      reject: () => this.#answerKey("reject"),
      supplement: () => this.#answerKey("supplement"),
      "reason-right": () => this.#answerWith("reason", "right"),
      "reason-wrong": () => this.#answerWith("reason", "wrong"),
      "nothing-to-mark": () => this.#answerKey("nothing-to-mark"),
      judge: () => (this.sheet?.headline ? this.evidence.focusJudgement() : this.verdict.focusFirst()),
      sign: () => this.press(),
      next: () => this.go(1),
      previous: () => this.go(-1),
      list: () => this.leave(),
      help: () => { drawKeys(this.keysDialog, this); this.keysDialog.toggle(); },
      full: () => this.toggleFull(),
      heatmap: () => this.toggleHeatmap(),
      "next-prototype": () => this.evidence.step(1),
      "previous-prototype": () => this.evidence.step(-1),
      "next-source": () => this.evidence.nextSource(1),
      "previous-source": () => this.evidence.nextSource(-1),
      contour: () => this.drawMap({ mode: this.mode === "contour" ? "colour" : "contour" }),
      off: () => this.evidence.card && this.switchOff(this.evidence.card),
      restore: () => this.tries.restore(),
      remarks: () => this.verdict.focusRemarks(),
      box: () => this.startDrawing("rectangle", "finding"),
      outline: () => this.startDrawing("outline", "finding"),
      cancel: () => { this.pane.cancel(); this.root.getRootNode().activeElement?.blur(); this.redraw(); },
    }[id];
    if (act) {
      act();
      return true;
    }
    return this.pane.run(id);
  }

  /** The answer of the first question that has this key. */
  #answerKey(key) {
    const question = this.sheet?.form.questions.find(({ choices }) => choices.some((choice) => choice.key === key));
    const choice = question?.choices.find((entry) => entry.key === key);
    if (choice) this.#answerWith(question.id, choice.value);
  }

  #answerWith(id, value) {
    if (!this.sheet?.form.questions.some((question) => question.id === id)) return false;
    this.answer(id, value);
    return true;
  }

  captureKey(id) {
    this.keys.capture(async (key) => {
      if (key) {
        // A key does one thing: what had it before goes without.
        this.keyList = this.keyList.map((entry) => {
          if (entry.id === id) return { ...entry, key };
          return entry.key === key ? { ...entry, key: "" } : entry;
        });
        this.keys.setList(this.keyList);
        await this.#saveKeys();
      }
      drawKeys(this.keysDialog, this);
    });
  }

  async resetKeys() {
    this.keyList = this.defaultKeys;
    this.keys.setList(this.keyList);
    await this.#saveKeys();
    drawKeys(this.keysDialog, this);
  }

  async #saveKeys() {
    const usual = new Map(this.defaultKeys.map(({ id, key }) => [id, key]));
    const keys = Object.fromEntries(this.keyList.filter(({ id, key }) => usual.get(id) !== key).map(({ id, key }) => [id, key]));
    try {
      await ask("preferences", { keys });
    } catch (error) {
      this.#say(error instanceof Lost ? this.words.server_lost : error.message);
    }
  }

  /** Keep the window of now among this reader's own. */
  async savePreset() {
    const { window } = this.pane;
    if (!window) return;
    const { centre, width } = window;
    const name = `${Number(centre.toPrecision(5))} / ${Number(width.toPrecision(5))}`;
    this.presets = [...(this.presets ?? []).filter((preset) => preset.name !== name), { name, centre, width }].slice(-9);
    try {
      await ask("preferences", { presets: this.presets });
      await this.#showFrame(this.frame, this.sheet.frames);
      this.tools.show(this.pane);
    } catch (error) {
      this.#say(error instanceof Lost ? this.words.server_lost : error.message);
    }
  }

  toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.();
  }

  /** On every image of free review one's own read comes first, or no more. */
  async toggleReadsFirst() {
    try {
      const { reads_first: readsFirst } = await ask("preferences", { reads_first: !this.readsFirst });
      this.readsFirst = readsFirst;
      this.ahead = null;
      drawMore(this.moreDialog, this);
      await this.#beginAgain();
    } catch (error) {
      this.#failed(error, () => this.#refresh());
    }
  }

  toggleLight() {
    const isLight = this.root.dataset.theme !== "light";
    this.root.dataset.theme = isLight ? "light" : "dark";
    if (isLight) localStorage.setItem(LIGHT, "1");
    else localStorage.removeItem(LIGHT);
  }
}
