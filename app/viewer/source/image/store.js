// Images and heatmaps that were fetched, for all panes together: a second look asks the server for nothing.

import { fetchSamples } from "../encoding.js";

const MOST_BYTES = 384 * 2 ** 20;

export class SampleStore {
  #held = new Map(); // address: the answer, the one that was wanted last at the end
  #coming = new Map();
  #bytes = 0;

  constructor(most = MOST_BYTES, fetched = fetchSamples) {
    this.most = most;
    this.fetched = fetched;
  }

  has(url) {
    return this.#held.has(url);
  }

  /** Whether so many bytes more would push nothing out. */
  hasRoom(bytes) {
    return this.#bytes + bytes <= this.most;
  }

  /** @returns {Promise<{header: object, samples: Uint8Array | Uint16Array}>} */
  async get(url, name) {
    const held = this.#held.get(url);
    if (held) {
      this.#held.delete(url);
      this.#held.set(url, held);
      return held;
    }
    const coming = this.#coming.get(url) ?? this.#fetch(url, name);
    return coming;
  }

  async #fetch(url, name) {
    const coming = this.fetched(url, name);
    this.#coming.set(url, coming);
    try {
      const answer = await coming;
      this.#keep(url, answer);
      return answer;
    } finally {
      this.#coming.delete(url);
    }
  }

  #keep(url, answer) {
    this.#held.set(url, answer);
    this.#bytes += answer.samples.byteLength;
    for (const [old, { samples }] of this.#held) {
      if (this.#bytes <= this.most || old === url) break;
      this.#held.delete(old);
      this.#bytes -= samples.byteLength;
    }
  }

  /** Fetch for later. Why it failed is told when it is wanted. */
  async prefetch(url, name) {
    try {
      await this.get(url, name);
    } catch {
      // It is asked for again then.
    }
  }
}

export const store = new SampleStore();
