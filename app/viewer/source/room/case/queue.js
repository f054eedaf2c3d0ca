// Which case comes before this one and which is read next, as the server orders them.

import { ask as askServer } from "../server.js";

export class Queue {
  #known = {};
  #path = ""; // of what is known

  /**
   * @param {(queue: object, caseId: string) => void} show
   * @param {import("./ahead.js").Ahead} ahead
   */
  constructor(show, ahead, ask = askServer) {
    Object.assign(this, { show, ahead, ask });
  }

  /**
   * Ask for it anew, and show it.
   *
   * @param {string} search of the page's address: the filters of the list that the reader came from
   * @param {AbortSignal} signal another case was opened meanwhile
   * @returns {Promise<{next: string, previous: string}|null>} null: another case was opened meanwhile
   */
  async load(caseId, search, signal) {
    const path = pathOf(caseId, search);
    const queue = await this.ask(path, undefined, { signal });
    if (signal.aborted) return null;
    this.#known = queue;
    this.#path = path;
    this.show(queue, caseId);
    this.ahead.fetch(queue.next, queue.next_pixels);
    return queue;
  }

  /** As `load`, and asks only where it is not known: a key may be pressed before it is. */
  async beside(caseId, search, signal) {
    return this.#path === pathOf(caseId, search) ? this.#known : this.load(caseId, search, signal);
  }
}

function pathOf(caseId, search) { return `queue/${caseId}?${new URLSearchParams(search)}`; }
