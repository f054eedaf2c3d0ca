// Marks on an image, as app/domain/marks.py has them, and what a hand does to them.

import { Looking } from "./looking.js";
import { around, handles, lastHandle, moved, withHandle } from "./shapes.js";

export class Marking extends Looking {
  #marks = [];
  #drawing = null;
  #tool = "window";
  #isChanging = false;

  constructor() {
    super();
    /** Which mark has handles, or null. */
    this.selected = null;
    /** A mark that is being drawn. */
    this.draft = null;
    this.marksFrame = 0;
  }

  /** For whoever builds on this: a hand changed the marks, or chose a tool. */
  marksChanged() {}
  toolChanged() {}

  /** Whether the frame that is seen is the one whose marks these are. */
  get isMarkable() {
    return true;
  }

  /** The marks that are seen. */
  get shownMarks() {
    return this.isMarkable ? this.#marks : [];
  }

  get marks() {
    return this.#marks;
  }

  set marks(marks) {
    this.#marks = structuredClone(marks);
    this.selected = null;
    this.changed("marks");
  }

  /** The marks of a frame: on any other they are neither seen nor changed, and undo brings none of them there. */
  setMarks(marks, frame) {
    if (frame !== this.marksFrame) this.history.clear();
    this.marksFrame = frame;
    this.marks = marks;
  }

  /** What a drag does while nothing is drawn: "window", "pan", "zoom", "magnifier". */
  get tool() {
    return this.#tool;
  }

  set tool(tool) {
    this.#tool = tool;
    this.#setDrawing(null);
  }

  /** What the next drag draws, `{ kind, purpose }`, or null. One mark, then null again. */
  get drawing() {
    return this.#drawing;
  }

  set drawing(drawing) {
    this.#setDrawing(drawing);
  }

  #setDrawing(drawing) {
    this.#drawing = drawing;
    this.draft = null;
    if (drawing) this.selected = null;
    this.toolChanged();
    this.changed("marks");
  }

  setDraft(draft) {
    this.draft = draft;
    this.changed("marks");
  }

  select(index) {
    if (index === this.selected) return;
    this.selected = index;
    this.changed("marks");
  }

  selectNext() {
    const { length } = this.shownMarks;
    if (length) this.select(this.selected === null ? 0 : (this.selected + 1) % length);
  }

  addMark(mark) {
    if (!this.isMarkable) return;
    this.note();
    this.#marks = [...this.#marks, mark];
    this.draft = null;
    // Positions are pinned one after the other; any other mark can be mended at once.
    if (mark.kind !== "point") {
      this.#setDrawing(null);
      this.selected = this.#marks.length - 1;
    }
    this.#tell();
  }

  /** A mark of the kind that is being drawn, in the middle of what is seen. */
  placeMark() {
    if (!this.image || !this.drawing) return;
    const { kind, purpose } = this.drawing;
    const { width, height } = this.geometry.screen;
    const middle = this.geometry.toImage(width / 2, height / 2);
    this.addMark({ kind, points: around(middle, kind, (x, y) => this.geometry.way(x, y)), purpose, text: "" });
  }

  /** @param {number} x CSS pixels by which the selected mark is moved */
  nudge(x, y) {
    const { column, row } = this.geometry.way(x, y);
    this.changeMark(this.selected, moved(this.#marks[this.selected], column, row));
    this.settle();
  }

  /** The selected mark larger or smaller; an outline stays as it is. */
  stretch(x, y) {
    const mark = this.#marks[this.selected];
    const number = lastHandle(mark);
    if (number < 0) return;
    const { column, row } = this.geometry.way(x, y);
    const [before, after] = handles(mark)[number];
    this.changeMark(this.selected, withHandle(mark, number, [before + column, after + row]));
    this.settle();
  }

  /** While a hand is at it; `settle` ends that. */
  changeMark(index, mark) {
    if (!this.isMarkable) return;
    if (!this.#isChanging) this.note();
    this.#isChanging = true;
    this.#marks = this.#marks.with(index, mark);
    this.changed("marks");
  }

  settle() {
    super.settle();
    if (!this.#isChanging) return;
    this.#isChanging = false;
    this.#tell();
  }

  deleteMark() {
    if (this.selected === null || !this.isMarkable) return;
    this.note();
    this.#marks = this.#marks.toSpliced(this.selected, 1);
    this.selected = null;
    this.#tell();
  }

  undo() {
    if (this.isMarkable) super.undo();
  }

  redo() {
    if (this.isMarkable) super.redo();
  }

  #tell() {
    this.changed("marks");
    this.marksChanged();
  }

  get undoable() {
    return { ...super.undoable, marks: this.#marks };
  }

  set undoable({ marks, ...looking }) {
    super.undoable = looking;
    const isOther = JSON.stringify(marks) !== JSON.stringify(this.#marks);
    this.#marks = marks;
    this.selected = null;
    if (isOther) this.#tell();
  }
}
