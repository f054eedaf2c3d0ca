// Which heatmap lies over the image, and whether one does: the reader's hand decides, and a heatmap that they
// asked for is shown once it is there.

export class MapChoice {
  isOn = false;
  mode = "colour"; // or "contour"
  #id = null;
  #wanted = null;

  /** Of another image: none. */
  begin() {
    this.isOn = false;
    this.#id = null;
    this.#wanted = null;
  }

  /** @param {string} id of a heatmap that was asked for */
  expect(id) { this.#wanted = id; }

  /** A newer sheet of the same image: has what was asked for arrived? */
  renew(sheet, before) {
    if (!this.#wanted) return;
    const found = sheet.maps.find(({ id }) => id === this.#wanted);
    const isNew = found && !before.maps.some(({ id, url }) => id === found.id && url === found.url);
    if (!found || (!isNew && sheet.work.length)) return;
    const wanted = sheet.work.length ? this.#wanted : null;
    this.choose(found.id);
    this.#wanted = wanted; // a better one may be under way
  }

  choose(id) {
    this.#wanted = null; // what is still on its way does not undo the hand
    this.#id = id;
    this.isOn = true;
  }

  toggle() {
    this.#wanted = null;
    this.isOn = !this.isOn;
  }

  /** The chosen one of these, else the first, which is then the chosen one; null for none. */
  of(maps) {
    const map = maps.find(({ id }) => id === this.#id) ?? maps[0] ?? null;
    this.#id = map?.id ?? null;
    return map;
  }

  /**
   * What lies over the image. Without a heatmap it is the contour of the prototype at hand: where the network
   * looks for it.
   *
   * @returns {{url: string, palette: string, title: string, mode: string} | null}
   */
  over(map, card) {
    if (this.isOn) return map && { url: map.url, palette: map.palette, title: map.title, mode: this.mode };
    return card?.heatmap ? { url: card.heatmap, palette: card.palette, title: card.id, mode: "contour" } : null;
  }
}
