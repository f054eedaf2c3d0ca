// What the reader asks of the server for this case: a heatmap, another try, another model.

export class Requests {
  /**
   * @param {import("./open_case.js").OpenCase} opened
   * @param {import("./map_choice.js").MapChoice} maps
   */
  constructor(opened, maps) {
    Object.assign(this, { opened, maps });
  }

  /** @param {{id: string, node?: string, tier?: string}} action that the sheet offers */
  request({ id, node, tier }) {
    const { opened } = this;
    if (id !== "explain") return opened.change(`${id}/${id === "retry" ? opened.path : opened.caseId}`);
    this.maps.expect(tier === "instant" ? `${node}@reader` : node);
    return opened.change(`explain/${opened.path}`, { node, tier });
  }

  cancel(job) { return this.opened.change(`cancel/${job}`); }

  /**
   * To archives, and look at the case again.
   *
   * @param {string} path "send" for the newest revision, or what the sheet offers for one that is on its way
   * @returns {Promise<boolean>} false where it was not done, which is told
   */
  async send(path) {
    const { opened } = this;
    const isDone = await opened.send(path === "send" ? `send/${opened.path}` : path);
    if (isDone) await opened.refresh();
    return isDone;
  }

  chooseModel(digest) { return this.opened.change(`model/${this.opened.caseId}`, { model: digest }); }

  /** See what the network says of an image that it is not made for, or no more. */
  toggleAnyway() {
    this.opened.showsAnyway = !this.opened.showsAnyway;
    return this.opened.refresh();
  }
}
