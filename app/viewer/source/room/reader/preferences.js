// What this reader chose once: keys, windows, whether their own read comes first (kept by the server), and
// light or dark (kept by this browser).

import { ask as askServer } from "../server.js";
import { keyText } from "./keyboard.js";

const LIGHT = "dprotonet-light-room";
const MOST_PRESETS = 9; // as many as have a key

export class Preferences {
  /** Windows of the reader's own: { name, centre, width }. */
  presets = [];
  /** In free review too, their own read comes before the model's. */
  readsFirst = false;
  #usualKeys;

  /**
   * @param {{id: string, key: string, title: string, group: string}[]} keys the usual ones
   * @param {(error: Error) => void} refused a choice was not kept
   */
  constructor(keys, refused, ask = askServer) {
    Object.assign(this, { keys, refused, ask });
    this.#usualKeys = keys;
  }

  async load() {
    try {
      const { keys, presets, reads_first: readsFirst } = await this.ask("preferences");
      this.presets = presets ?? [];
      this.readsFirst = Boolean(readsFirst);
      this.keys = this.#usualKeys.map((entry) => ({ ...entry, key: keys?.[entry.id] ?? entry.key }));
    } catch {
      // The room works with what is usual.
    }
  }

  /** As it is shown; "" for none. */
  keyOf(id) { return keyText(this.#entry(id)?.key ?? ""); }

  titleOf(id) { return this.#entry(id)?.title ?? id; }

  #entry(id) { return this.keys.find((entry) => entry.id === id); }

  /** A key does one thing: what had it before goes without. */
  setKey(id, key) {
    this.keys = this.keys.map((entry) => {
      if (entry.id === id) return { ...entry, key };
      return entry.key === key ? { ...entry, key: "" } : entry;
    });
    return this.#keepKeys();
  }

  resetKeys() {
    this.keys = this.#usualKeys;
    return this.#keepKeys();
  }

  #keepKeys() {
    const usual = new Map(this.#usualKeys.map(({ id, key }) => [id, key]));
    const changed = this.keys.filter(({ id, key }) => usual.get(id) !== key);
    return this.#keep({ keys: Object.fromEntries(changed.map(({ id, key }) => [id, key])) });
  }

  /** @returns {Promise<boolean>} whether the window is kept */
  addPreset({ centre, width }) {
    const name = `${Number(centre.toPrecision(5))} / ${Number(width.toPrecision(5))}`;
    const others = this.presets.filter((preset) => preset.name !== name);
    this.presets = [...others, { name, centre, width }].slice(-MOST_PRESETS);
    return this.#keep({ presets: this.presets });
  }

  async #keep(change) {
    try {
      await this.ask("preferences", change);
      return true;
    } catch (error) {
      this.refused(error);
      return false;
    }
  }

  /** @throws what the server says against it */
  async toggleReadsFirst() {
    const { reads_first: readsFirst } = await this.ask("preferences", { reads_first: !this.readsFirst });
    this.readsFirst = readsFirst;
  }

  get theme() { return localStorage.getItem(LIGHT) ? "light" : "dark"; }

  toggleLight() {
    if (this.theme === "dark") localStorage.setItem(LIGHT, "1");
    else localStorage.removeItem(LIGHT);
  }
}
