// The next case is fetched while the reader looks at this one.

export class Ahead {
  #caseId = "";
  #sheet = null;

  /**
   * @param {(caseId: string) => Promise<object>} fetchSheet
   * @param {(pixels: string) => void} fetchImage
   */
  constructor(fetchSheet, fetchImage) {
    Object.assign(this, { fetchSheet, fetchImage });
  }

  fetch(caseId, pixels) {
    if (!caseId || caseId === this.#caseId) return;
    this.#caseId = caseId;
    this.#sheet = this.fetchSheet(caseId).catch(() => null); // it is asked for again when it is opened
    this.fetchImage(pixels);
  }

  /** The sheet of a case, once: it does not know what is done with the case from then on. */
  take(caseId) {
    if (caseId !== this.#caseId) return null;
    const sheet = this.#sheet;
    this.forget();
    return sheet;
  }

  forget() {
    this.#caseId = "";
    this.#sheet = null;
  }
}
