// Which case comes before this one and which is read next, as the server orders them.

import { ask as askServer } from "../server.js";

export class Queue {
  next = "";
  previous = "";

  /**
   * @param {(queue: object, caseId: string) => void} show
   * @param {import("./ahead.js").Ahead} ahead
   */
  constructor(show, ahead, ask = askServer) {
    Object.assign(this, { show, ahead, ask });
  }

  /**
   * @param {string} search of the page's address: the filters of the list that the reader came from
   * @param {AbortSignal} signal another case was opened meanwhile
   */
  async load(caseId, search, signal) {
    try {
      const queue = await this.ask(`queue/${caseId}?${new URLSearchParams(search)}`, undefined, { signal });
      if (signal.aborted) return;
      this.next = queue.next;
      this.previous = queue.previous;
      this.show(queue, caseId);
      this.ahead.fetch(queue.next, queue.next_pixels);
    } catch {
      // The queue is a convenience: the next look brings it.
    }
  }
}
