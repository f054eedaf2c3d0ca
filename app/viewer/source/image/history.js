// What can be undone and redone, of one image.

const MOST = 100;

export class History {
  #before = [];
  #after = [];

  /** @param {object} state as it was before a change */
  push(state) {
    this.#before.push(structuredClone(state));
    if (this.#before.length > MOST) this.#before.shift();
    this.#after.length = 0;
  }

  /** The state before, or null. `now` is what redo comes back to. */
  undo(now) {
    return swap(this.#before, this.#after, now);
  }

  redo(now) {
    return swap(this.#after, this.#before, now);
  }

  /** Of another image nothing is undone. */
  clear() {
    this.#before.length = 0;
    this.#after.length = 0;
  }
}

function swap(from, to, now) {
  if (from.length === 0) return null;
  to.push(structuredClone(now));
  return from.pop();
}
