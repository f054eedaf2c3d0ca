// What a key does: it closes a dialog, answers a question, does something in the room, or goes to the image.

const CLOSING = ["help", "cancel"];
const HELD = "hide-heatmap"; // lasts as long as its key is down

export class KeyActions {
  /**
   * @param {object} parts
   * @param {{isOpen: boolean, close: () => void}[]} parts.dialogs while one is open, keys do nothing else
   * @param {() => object[]} parts.questions of the form
   * @param {(id: string, value: string) => void} parts.answer
   * @param {Object<string, () => void>} parts.acts of the room, by the ids of app/services/room/keys.py
   * @param {(id: string) => boolean} [parts.hasUse] false of what means nothing for what is shown
   * @param {{run: (id: string, options?: object) => boolean}} parts.pane for those of app/viewer/actions.py
   */
  constructor(parts) {
    Object.assign(this, { hasUse: () => true, ...parts });
  }

  /** @returns {boolean} whether the key is the room's; false leaves it to the browser */
  run(id, isDown) {
    if (this.dialogs.some(({ isOpen }) => isOpen)) return this.#close(id, isDown);
    if (!this.hasUse(id)) return true;
    if (id === HELD) return this.pane.run(id, { held: isDown });
    if (!isDown) return true;
    const answer = answerOf(id, this.questions());
    if (answer) this.answer(answer.question, answer.value);
    else if (Object.hasOwn(this.acts, id)) this.acts[id]();
    else return this.pane.run(id);
    return true;
  }

  #close(id, isDown) {
    if (!isDown || !CLOSING.includes(id)) return false;
    for (const dialog of this.dialogs) dialog.close();
    return true;
  }
}

/** The choice that a key stands for, of the first question that has it; null for none. */
export function answerOf(id, questions) {
  for (const question of questions) {
    const choice = question.choices.find(({ key }) => key === id);
    if (choice) return { question: question.id, value: choice.value };
  }
  return null;
}
