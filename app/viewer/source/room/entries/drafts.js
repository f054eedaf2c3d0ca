// Entries save themselves: on the server a moment after each change, and in this tab until it has them.

import { ask as askServer, isAway } from "../server.js";

const SOON = 1200;
const AGAIN = 3000;
const PREFIX = "dprotonet-entries:";

export class Drafts {
  /** @param {(state: "kept"|"waiting"|"lost"|"refused", text: string) => void} tell */
  constructor(tell, ask = askServer) {
    Object.assign(this, { tell, ask });
    this.leave = () => this.flush(true);
    window.addEventListener("pagehide", this.leave);
  }

  destroy() {
    this.flush(true);
    clearTimeout(this.timer);
    window.removeEventListener("pagehide", this.leave);
  }

  /** Entries of this tab that the server may not have, from before a reload. */
  static recall(place) {
    try {
      return JSON.parse(sessionStorage.getItem(PREFIX + place));
    } catch {
      return null;
    }
  }

  /** @param {string} place "case/frame?study" @param {object} entries with revision */
  change(place, entries) {
    if (this.waiting && this.waiting.place !== place) this.flush();
    this.waiting = { place, entries };
    try {
      sessionStorage.setItem(PREFIX + place, JSON.stringify(entries));
    } catch {
      // Storage may be full or refused: the server has the entries a moment later.
    }
    this.tell("waiting", "");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), SOON);
  }

  /** What was signed or discarded is no draft any more. */
  forget(place) {
    if (this.waiting?.place === place) this.waiting = null;
    clearTimeout(this.timer);
    sessionStorage.removeItem(PREFIX + place);
  }

  async flush(isLeaving = false) {
    const sent = this.waiting;
    if (!sent) return;
    clearTimeout(this.timer);
    try {
      const answer = await this.ask(`draft/${sent.place}`, sent.entries, { keepalive: isLeaving });
      if (this.waiting !== sent) return;
      this.waiting = null;
      sessionStorage.removeItem(PREFIX + sent.place);
      this.tell("kept", answer.saved_at);
    } catch (error) {
      if (this.waiting !== sent) return;
      if (!isAway(error)) {
        this.waiting = null;
        return this.tell("refused", error.message);
      }
      this.tell("lost", "");
      this.timer = setTimeout(() => this.flush(), AGAIN);
    }
  }
}
