// What is drawn on the image: findings, which are entries, and the region that is tried.

const isRegion = ({ purpose }) => purpose === "region";

export class Drawing {
  /** @param {import("../../image/image_pane.js").ImagePane} pane */
  constructor(pane) {
    this.pane = pane;
  }

  isDrawing(kind, purpose) {
    const { drawing } = this.pane;
    return drawing?.kind === kind && drawing.purpose === purpose;
  }

  /** The next drag draws this, or no more; there is one region at most. */
  toggle(kind, purpose) {
    if (purpose === "region") this.removeRegion();
    this.pane.drawing = this.isDrawing(kind, purpose) ? null : { kind, purpose };
  }

  removeRegion() {
    this.pane.marks = this.pane.marks.filter((mark) => !isRegion(mark));
  }
}

/** Marks by what they are for. */
export function parted(marks) {
  return { entered: marks.filter((mark) => !isRegion(mark)), region: marks.filter(isRegion) };
}
