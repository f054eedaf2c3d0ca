// How long the reader works on an image: time without a hand or an eye on the page does not count.

const IDLE_AFTER = 60_000;
const TICK = 1000;

export class WorkClock {
  constructor(target, now = () => performance.now()) {
    this.now = now;
    this.seconds = 0;
    this.last = now();
    this.touch = () => { this.last = this.now(); };
    this.target = target;
    for (const name of ["pointermove", "pointerdown", "keydown", "wheel"]) {
      target.addEventListener(name, this.touch, { passive: true, capture: true });
    }
    this.timer = setInterval(() => this.tick(), TICK);
  }

  /** Begin a new image, or go on with the seconds of its draft. */
  start(seconds = 0) {
    this.seconds = seconds;
    this.touch();
  }

  tick() {
    const isSeen = globalThis.document?.visibilityState !== "hidden";
    if (isSeen && this.now() - this.last < IDLE_AFTER) this.seconds += TICK / 1000;
  }

  destroy() {
    clearInterval(this.timer);
    for (const name of ["pointermove", "pointerdown", "keydown", "wheel"]) {
      this.target.removeEventListener(name, this.touch, { capture: true });
    }
  }
}
