// Others are told who works on a case. One that was left, or whose tab was closed, is free again.

import { ask as askServer } from "../server.js";

const AGAIN = 240_000;

export class Claims {
  #caseId = "";
  #timer = 0;

  /**
   * @param {(text: string) => void} tell what the server says: that somebody else works on it too
   * @param {EventTarget} page it tells when it is left
   */
  constructor(tell, { ask = askServer, page = window } = {}) {
    Object.assign(this, { tell, ask });
    this.listening = new AbortController();
    const { signal } = this.listening;
    page.addEventListener("pagehide", () => this.#sendRelease(), { signal });
    // A page that comes back out of the browser's memory was not loaded again.
    page.addEventListener("pageshow", ({ persisted }) => { if (persisted) this.#claim(); }, { signal });
  }

  destroy() {
    this.listening.abort();
    this.release();
  }

  /** This reader works on a case, until they leave it. */
  take(caseId) {
    if (caseId !== this.#caseId) this.release();
    this.#caseId = caseId;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#claim(), AGAIN);
    return this.#claim();
  }

  release() {
    clearInterval(this.#timer);
    this.#sendRelease();
    this.#caseId = "";
  }

  async #claim() {
    const caseId = this.#caseId;
    if (!caseId) return;
    try {
      const { text } = await this.ask(`claim/${caseId}`, {});
      if (text && caseId === this.#caseId) this.tell(text);
    } catch {
      // A claim only tells others: reading goes on without it.
    }
  }

  #sendRelease() {
    if (!this.#caseId) return;
    this.ask(`release/${this.#caseId}`, {}, { keepalive: true }).catch(() => {}); // it runs out by itself
  }
}
