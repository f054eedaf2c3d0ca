// What the reader chooses for themselves takes effect at once.

export class Settings {
  /**
   * @param {import("./preferences.js").Preferences} preferences
   * @param {import("./keyboard.js").Keyboard} keyboard
   * @param {import("../screen.js").Screen} screen
   * @param {import("../case/open_case.js").OpenCase} opened
   * @param {import("../case/ahead.js").Ahead} ahead
   */
  constructor(preferences, keyboard, screen, opened, ahead) {
    Object.assign(this, { preferences, keyboard, screen, opened, ahead });
  }

  async load() {
    await this.preferences.load();
    this.keyboard.setKeys(this.preferences.keys);
    this.#showWindows();
  }

  /** The next key that is pressed does this from now on; Escape leaves all as it is. */
  askForKey(id) {
    this.keyboard.capture((key) => this.#takeKeys(key && this.preferences.setKey(id, key)));
  }

  resetKeys() { return this.#takeKeys(this.preferences.resetKeys()); }

  async #takeKeys(kept) {
    this.keyboard.setKeys(this.preferences.keys);
    await kept;
    this.screen.keysDialog.draw();
  }

  /** The window of now is among the reader's own. */
  async saveWindow() {
    const { window } = this.screen.pane;
    if (window && (await this.preferences.addPreset(window))) this.#showWindows();
  }

  #showWindows() { this.screen.pane.ownPresets = this.preferences.presets; }

  toggleLight() {
    this.preferences.toggleLight();
    this.screen.page.note({ theme: this.preferences.theme });
  }

  /** On every image of free review one's own read comes first, or no more. */
  async toggleReadsFirst() {
    try {
      await this.preferences.toggleReadsFirst();
    } catch (error) {
      this.opened.fail(error);
      return;
    }
    this.ahead.forget();
    this.screen.moreDialog.draw();
    await this.opened.beginAgain();
  }
}
