// All that is seen of a case: made once, and drawn anew from its sheet and from what the reader entered.

import { element } from "../elements.js";
import { ImagePane } from "../image/image_pane.js";
import { Dialog } from "./dialogs/dialog.js";
import { Evidence } from "./evidence.js";
import { HeatmapBar } from "./heatmap_bar.js";
import { keysHelp } from "./dialogs/keys_help.js";
import { more } from "./dialogs/more.js";
import { Page } from "./page.js";
import { QueueList } from "./queue_list.js";
import { RowValues } from "./row/values.js";
import { Toolbar } from "./toolbar.js";
import { TriesBar } from "./tries_bar.js";
import { VerdictStrip } from "./verdict.js";

export class Screen {
  /**
   * @param {object} data words of the room, and what panes are made with
   * @param {import("./reader/preferences.js").Preferences} preferences
   * @param {import("./entries/tries.js").Tries} tries
   * @param {object} hand what each part asks for, by the part's name; see the parts
   */
  constructor({ words, pane }, preferences, tries, hand) {
    const keyOf = (id) => preferences.keyOf(id);
    const titleOf = (id) => preferences.titleOf(id);
    const status = element("p", { class: "status-line" });
    const screen = element("div", { class: "image-screen" }, status);
    this.pane = new ImagePane(screen, {
      ...pane, ...hand.image,
      onStatus: (text) => { status.textContent = text; },
      onView: () => this.showTools(),
    });
    this.tools = new Toolbar({
      words, keyOf, titleOf, pane: this.pane, ...hand.tools,
    });
    this.heatmapBar = new HeatmapBar(words, hand.heatmap, keyOf("heatmap"));
    this.triesBar = new TriesBar(words, tries, hand.tries);
    this.evidence = new Evidence(
      words, this.triesBar.root, (root) => new ImagePane(root, pane), hand.evidence, keyOf("off"));
    this.values = new RowValues(words, (...change) => tries.setValue(...change));
    this.verdict = new VerdictStrip(words, hand.verdict, keyOf);
    this.queue = new QueueList(words, hand.open);
    this.keysDialog = new Dialog(words.keys, words, (body) =>
      body.replaceChildren(...keysHelp(words, preferences.keys, hand.keys)));
    this.moreDialog = new Dialog(words.more, words, (body) =>
      body.replaceChildren(...more(words, this.sheet.facts, hand.readsFirst(), hand.more)));
    this.page = new Page(words, { keyOf, titleOf }, hand.page, {
      queue: this.queue.root,
      image: [this.tools.root, element("div", { class: "looking" }, screen, this.values.root), this.heatmapBar.root],
      evidence: this.evidence.root,
      verdict: this.verdict.root,
      dialogs: [this.keysDialog.root, this.moreDialog.root],
    });
    this.tries = tries;
  }

  destroy() {
    this.pane.destroy();
    this.evidence.destroy();
    this.page.root.remove();
  }

  /** What is lying about of the image before is put away. */
  begin(marks, frame) {
    this.page.say("");
    this.evidence.begin();
    this.pane.setMarks(marks, frame);
  }

  /**
   * @param {object} sheet
   * @param {import("./entries/entries.js").Entries} entries
   * @param {import("./case/map_choice.js").MapChoice} maps
   * @param {object|null} compared the other image in the evidence pane
   */
  show(sheet, { answers, judgements }, maps, compared) {
    this.sheet = sheet;
    const map = maps.of(sheet.maps);
    this.page.show(sheet, !sheet.headline && !compared);
    this.heatmapBar.show(sheet, map, maps.isOn, answers);
    this.evidence.show(sheet, { judgements, tried: this.tries.now, compared, map });
    this.triesBar.show(sheet);
    this.values.show(sheet, maps.isOn ? map : null, this.tries.now.values);
    this.verdict.show(sheet.form, answers);
    this.showTools();
    this.#layHeatmap(map, maps);
  }

  /** Every tool as the pane has it now. */
  showTools() { this.tools.show(this.pane, this.sheet?.kind); }

  #layHeatmap(map, maps) {
    const over = maps.over(map, this.evidence.card);
    this.pane.setHeatmap(over && { ...over, frame: this.sheet.frame })
      .catch((error) => this.page.say(error.message));
    if (over) this.pane.heatmap = { mode: over.mode };
    const url = maps.isOn && map ? map.url : "";
    this.page.note({ heatmap: url ? "shown" : "absent", heatmapUrl: url });
  }
}
