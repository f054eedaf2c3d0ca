// The keyboard: which key does what, as the server says it and the reader changed it.

const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);
// What has the focus and is moved by these keys itself: a slider, a border between panes, a mark in the list.
const WITH_ARROWS = "[type=range], .splitter, .marks";
const OWN_ARROWS = /^(Shift\+)?(Arrow\w+|Home|End|PageUp|PageDown)$/;
const SWITCHES = new Set(["checkbox", "radio", "range", "button"]);

/** "Ctrl+Enter", "?", "Shift+3", "a": how one press of a key is written. */
export function keyName(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  const digit = /^Digit([0-9])$/.exec(event.code || "");
  const key = digit && event.shiftKey ? digit[1] : event.key;
  const isLetter = key.length === 1;
  // A sign such as ? needs Shift on most keyboards: the sign says it already.
  if (event.shiftKey && (!isLetter || digit || /[a-z]/i.test(key))) parts.push("Shift");
  return [...parts, isLetter ? key.toLowerCase() : key].join("+");
}

/** What stands on the keyboard: "Shift+A". */
export function keyText(key) {
  return key.split("+").map((part) => (part.length === 1 ? part.toUpperCase() : part)).join("+");
}

export class Keyboard {
  #byKey = new Map();
  #held = new Map();
  #captured = null;

  /**
   * @param {{id: string, key: string}[]} keys
   * @param {(id: string, isDown: boolean) => boolean} run true where it did something
   * @param {EventTarget} target where the keys are heard, before anything else on the page
   */
  constructor(keys, run, target = window) {
    this.run = run;
    this.setKeys(keys);
    this.listening = new AbortController();
    const { signal } = this.listening;
    target.addEventListener("keydown", (event) => this.#press(event), { capture: true, signal });
    target.addEventListener("keyup", (event) => this.#release(event), { capture: true, signal });
  }

  setKeys(keys) {
    this.#byKey = new Map(keys.map(({ id, key }) => [key, id]));
  }

  destroy() {
    this.listening.abort();
  }

  /** The next key pressed goes to this function instead, once; Escape gives null. */
  capture(answer) { this.#captured = answer; }

  #press(event) {
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    const name = keyName(event);
    if (this.#captured) {
      const answer = this.#captured;
      this.#captured = null;
      event.preventDefault();
      event.stopPropagation();
      answer(name === "Escape" ? null : name);
      return;
    }
    if (isTyping(event) && !name.startsWith("Ctrl+Enter") && name !== "Escape") return;
    // A button or a link that has the focus is pressed by Enter and Space.
    if (["Enter", "Space", " "].includes(name) && event.composedPath()[0]?.closest?.("button, a, summary, select")) return;
    // Arrows go from answer to answer where one of them has the focus.
    if (/^Arrow(Left|Right)$/.test(name) && event.composedPath()[0]?.closest?.(".segments")) return;
    if (OWN_ARROWS.test(name) && event.composedPath()[0]?.closest?.(WITH_ARROWS)) return;
    const id = this.#byKey.get(name);
    if (!id) return;
    if (event.repeat && this.#held.has(event.code)) return event.preventDefault();
    if (!this.run(id, true)) return;
    this.#held.set(event.code, id);
    event.preventDefault();
    // Streamlit has keys of its own (R reruns the page): a key of the room must not reach it.
    event.stopPropagation();
  }

  #release(event) {
    const id = this.#held.get(event.code);
    this.#held.delete(event.code);
    if (id) this.run(id, false);
  }
}

function isTyping(event) {
  const target = event.composedPath()[0];
  if (!target?.tagName) return false;
  if (target.isContentEditable) return true;
  return TYPING.has(target.tagName) && !SWITCHES.has(target.type);
}
