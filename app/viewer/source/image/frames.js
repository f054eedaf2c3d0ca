// Frames of one file: those near the shown one are fetched ahead, and played one after the other.

export class Frames {
  #ahead = 0;
  #playing = 0;

  /**
   * @param {object} store where frames are kept
   * @param {(frame: number) => Promise<unknown>} show
   * @param {() => void} changed that it plays, or no longer does
   */
  constructor(store, show, changed) {
    Object.assign(this, { store, show, changed, count: 1, frame: 0, rate: 10, url: null, name: "" });
  }

  get plays() {
    return this.#playing % 2 === 1;
  }

  /** Fetch the others, the nearest first, while there is room; one at a time. */
  async fetchAhead(bytes) {
    this.#ahead += 1;
    const mine = this.#ahead;
    for (const frame of nearest(this.frame, this.count)) {
      const url = this.url(frame);
      if (this.store.has(url)) continue;
      if (!this.store.hasRoom(bytes)) return;
      await this.store.prefetch(url, this.name);
      if (mine !== this.#ahead) return;
    }
  }

  /** Round and round, at most `rate` frames a second; a frame that is not there yet is waited for. */
  async play() {
    if (this.count < 2 || this.plays) return;
    this.#playing += 1;
    const mine = this.#playing;
    this.changed();
    while (mine === this.#playing) {
      const due = performance.now() + 1000 / this.rate;
      await this.show((this.frame + 1) % this.count);
      await new Promise((resolve) => { setTimeout(resolve, Math.max(0, due - performance.now())); });
    }
  }

  stop() {
    this.#ahead += 1;
    if (!this.plays) return;
    this.#playing += 1;
    this.changed();
  }
}

/** The other frames by their distance: of 5 it is 6, 4, 7, 3, … */
export function nearest(frame, count) {
  const others = [];
  for (let away = 1; away < count; away += 1) {
    if (frame + away < count) others.push(frame + away);
    if (frame - away >= 0) others.push(frame - away);
  }
  return others;
}
