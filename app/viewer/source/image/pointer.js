// Mouse, pen and touch on the image. What a drag does depends on the tool; the right button, the middle one
// and Shift always move the image.

import { moved, touched, withHandle } from "./shapes.js";

const SMALLEST = 3; // CSS pixels: a shorter drag draws nothing
const APART = 2; // CSS pixels between two points of an outline

export class Pointer {
  #drag = null;
  /** An angle waits for its last point. */
  #unfinished = null;

  constructor(surface, pane) {
    Object.assign(this, { surface, pane });
    this.listening = new AbortController();
    const { signal } = this.listening;
    const on = (name, act, options = {}) => surface.addEventListener(name, act, { signal, ...options });
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", () => this.#up());
    on("pointercancel", () => this.cancel());
    on("pointerleave", () => this.pane.pointAt(null));
    on("contextmenu", (event) => event.preventDefault());
    on("dblclick", () => { if (!this.pane.drawing) this.pane.run("fit"); });
    on("wheel", (event) => this.#wheel(event), { passive: false });
  }

  destroy() {
    this.listening.abort();
  }

  /** Whatever is being drawn or dragged is as before. */
  cancel() {
    this.#drag?.cancel?.();
    this.#drag = null;
    this.#unfinished = null;
    this.pane.setDraft(null);
  }

  #place(event) {
    const box = this.surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #position(place) {
    const { column, row } = this.pane.geometry.toImage(place.x, place.y);
    return [column, row];
  }

  #down(event) {
    const { pane } = this;
    this.surface.setPointerCapture(event.pointerId);
    this.surface.focus({ preventScroll: true });
    if (!pane.image) return;
    const place = this.#place(event);
    const drag = event.button !== 0 || event.shiftKey ? this.#pan() : this.#begin(place);
    this.#drag = drag && { last: place, ...drag };
  }

  #move(event) {
    const place = this.#place(event);
    this.pane.pointAt(place);
    if (this.#unfinished) this.pane.setDraft(this.#unfinished(this.#position(place)));
    if (!this.#drag) return;
    const { last } = this.#drag;
    this.#drag.last = place;
    this.#drag.move(place.x - last.x, place.y - last.y, place);
  }

  #up() {
    const drag = this.#drag;
    this.#drag = null;
    drag?.up?.(drag.last);
  }

  #wheel(event) {
    event.preventDefault();
    const { pane } = this;
    if (pane.frames > 1 && !event.ctrlKey) {
      pane.run(event.deltaY > 0 ? "next-frame" : "previous-frame");
      return;
    }
    const { x, y } = this.#place(event);
    pane.zoomBy(Math.exp(-event.deltaY / 500), x, y);
  }

  #begin(place) {
    const { pane } = this;
    if (pane.drawing) return pane.isMarkable ? this.#draw(place, pane.drawing) : null;
    const found = touched(pane.shownMarks, pane.selected, pane.geometry, place.x, place.y);
    pane.select(found?.index ?? null);
    if (found) return this.#change(place, found);
    if (pane.tool === "pan") return this.#pan();
    if (pane.tool === "zoom") {
      return { move: (_, y) => pane.zoomBy(Math.exp(-y / 150), place.x, place.y) };
    }
    if (pane.tool !== "window") return null;
    return { move: (x, y) => pane.dragWindow(x, y), up: () => pane.settle(), cancel: () => pane.settle() };
  }

  #pan() {
    return { move: (x, y) => this.pane.panBy(x, y) };
  }

  #change(place, { index, handle }) {
    const { pane } = this;
    const before = pane.marks[index];
    const from = this.#position(place);
    return {
      move: (_x, _y, to) => {
        const position = this.#position(to);
        pane.changeMark(index, handle === null
          ? moved(before, position[0] - from[0], position[1] - from[1])
          : withHandle(before, handle, position));
      },
      up: () => pane.settle(),
      cancel: () => {
        pane.changeMark(index, before);
        pane.settle();
      },
    };
  }

  #draw(place, { kind, purpose }) {
    const { pane } = this;
    const start = this.#position(place);
    const mark = (...points) => ({ kind, points, purpose, text: "" });
    if (this.#unfinished) {
      const finished = this.#unfinished(start);
      this.#unfinished = null;
      pane.addMark(finished);
      return null;
    }
    if (kind === "point") {
      pane.addMark(mark(start));
      return null;
    }
    const points = [start];
    const far = (to, from = place) => Math.hypot(to.x - from.x, to.y - from.y);
    let latest = place;
    let draft = null;
    return {
      move: (_x, _y, to) => {
        const position = this.#position(to);
        if (kind !== "outline") draft = mark(start, position);
        else if (far(to, latest) >= APART && points.length < 2000) {
          points.push(position);
          latest = to;
          draft = mark(...points);
        }
        pane.setDraft(draft && kind === "angle" ? { ...draft, kind: "length", purpose } : draft);
      },
      up: (to) => {
        pane.setDraft(null);
        const enough = kind === "outline" ? points.length > 2 : draft && far(to) >= SMALLEST;
        if (!enough) return;
        if (kind === "angle") this.#unfinished = (last) => mark(...draft.points, last);
        else pane.addMark(draft);
      },
      cancel: () => pane.setDraft(null),
    };
  }
}
