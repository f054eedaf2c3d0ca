// Another image beside this one, moved and windowed together.

export class Comparison {
  /** The image that is compared, of the sheet's facts; null for none. */
  link = null;

  /** @param {import("../../image/image_pane.js").ImagePane} pane @param other where the other image is shown */
  constructor(pane, other) {
    Object.assign(this, { pane, other });
  }

  async start(link) {
    this.link = link;
    await this.other.show({
      key: `compare/${link.case_id}`, frames: link.frames, url: (frame) => link.pixels.replace("{frame}", frame),
    });
    if (this.link !== link) return;
    this.other.setHeatmap(null);
    this.pane.link(this.other, { zoom: true, window: true, crosshair: true });
  }

  end() {
    this.link = null;
    this.pane.unlink();
  }
}
