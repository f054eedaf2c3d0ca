// Sign, lock a blind read, or throw away what was entered.

import { ask as askServer } from "../server.js";

export class Signing {
  #isSending = false;

  /**
   * @param {{opened: import("../case/open_case.js").OpenCase, entries: import("./entries.js").Entries,
   *     drafts: import("./drafts.js").Drafts}} parts
   * @param {{signed: (caseId: string, answer: object) => void, refused: (error: Error) => void,
   *     goOn: (answer: object) => Promise<void>}} steps `goOn` shows the next image after a signature
   */
  constructor(parts, steps, ask = askServer) {
    Object.assign(this, { ...parts, steps, ask });
  }

  /** Once, however often the key is pressed, until the next image is there. */
  async press() {
    if (this.#isSending || !this.opened.sheet?.form.may_sign) return;
    this.#isSending = true;
    try {
      await this.#send();
    } finally {
      this.#isSending = false;
    }
  }

  async #send() {
    const { opened, steps } = this;
    const { caseId, path, signal } = opened;
    const isLock = opened.sheet.stage === "blind";
    let answer;
    try {
      answer = await this.ask(`${isLock ? "lock" : "sign"}/${path}`, this.entries.sent);
    } catch (error) {
      steps.refused(error);
      if (error.status === 409) opened.refresh(); // somebody was faster
      return;
    }
    this.drafts.forget(path);
    steps.signed(caseId, answer);
    if (signal.aborted) return;
    await (isLock ? opened.beginAgain() : steps.goOn(answer));
  }

  async discard() {
    const { opened } = this;
    this.drafts.forget(opened.path);
    try {
      await this.ask(`discard/${opened.path}`, {});
    } catch (error) {
      opened.fail(error, () => this.discard());
      return;
    }
    await opened.beginAgain();
  }
}
