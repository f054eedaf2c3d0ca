// What the reader enters on an image. No rule is here: the server says what is asked, and what it accepts.

export class Entries {
  answers = {};
  judgements = {};
  marks = [];
  revision = 0;

  /**
   * @param {import("./clock.js").WorkClock} clock how long they work on it
   * @param {() => void} changed
   */
  constructor(clock, changed) {
    Object.assign(this, { clock, changed });
  }

  /**
   * @param {object} form of the sheet
   * @param {object|null} own entries of this tab that the server may not have; they go before the form's
   */
  begin(form, own) {
    const { answers, judgements, marks } = structuredClone(own ?? form);
    Object.assign(this, { answers, judgements, marks });
    this.revision = own?.revision ?? form.revision;
    this.clock.start(own?.active_seconds ?? form.active_seconds);
  }

  /** @param {string|null} value null takes the answer back */
  answer(id, value) {
    this.answers = { ...this.answers, [id]: value };
    this.changed();
  }

  judge(prototype, id, value) {
    const answers = { ...this.judgements[prototype], [id]: value };
    if (id === "usefulness" && value !== "artefact") answers.artefact = null;
    this.judgements = { ...this.judgements, [prototype]: answers };
    this.changed();
  }

  /** Of one heatmap: the answer holds for no other. */
  judgeMap(mapId, value) {
    this.answers = { ...this.answers, region: value, judged_map: value ? mapId : null };
    this.changed();
  }

  mark(marks) {
    this.marks = marks;
    this.changed();
  }

  /** As the server takes them. */
  get sent() {
    const { answers, judgements, marks, revision } = this;
    return { answers, judgements, marks, revision, active_seconds: this.clock.seconds };
  }
}
