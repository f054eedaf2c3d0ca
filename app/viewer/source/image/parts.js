// What lies over the image: a message, the letters at the edges, the bar of colours, the bar of frames; and
// the list of marks.

import { element } from "../elements.js";
import { paintColourBar } from "./heatmap.js";
import { MarkList } from "./mark_list.js";

const SIDES = ["left", "top", "right", "bottom"];

/** Texts of the page with values in the place of {names}. */
export function speaker(words) {
  return (name, values = {}) =>
    Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, () => value), words[name]);
}

export class Parts {
  constructor(pane, say) {
    Object.assign(this, { pane, say });
    this.message = element("p", { class: "message", role: "status" });
    this.edges = SIDES.map((side) => element("span", { class: `edge ${side}`, "aria-hidden": "true" }));
    this.colours = element("canvas", { width: "256", height: "1" });
    this.unit = element("span");
    this.ramp = element("span", { class: "ramp" }, element("span", {}, "0"), this.colours, element("span", {}, "1"));
    this.scale = element("div", { class: "bar-of-colours", role: "img", hidden: true, "aria-label": say("scale") },
      this.ramp, this.unit);
    this.#buildFrames();
    this.marks = new MarkList(pane, say);
    this.all = [this.marks.root, ...this.edges, this.scale, this.frames, this.message];
  }

  #buildFrames() {
    const { pane, say } = this;
    this.slider = element("input", {
      type: "range", min: "1", step: "1", "aria-label": say("frames"),
      oninput: () => pane.chooseFrame(Number(this.slider.value) - 1),
    });
    this.play = element("button", { type: "button", onclick: () => pane.run("play") }, say("play"));
    this.number = element("span", { class: "number" });
    this.frames = element("div", { class: "frames", hidden: true }, this.play, this.slider, this.number);
  }

  showMessage(text) {
    this.message.textContent = text;
    this.message.hidden = !text;
  }

  /** @param {object | null} orientation the letters of the image's own sides */
  showEdges(geometry, orientation) {
    const seen = orientation ? geometry.seen(orientation) : {};
    SIDES.forEach((side, at) => { this.edges[at].textContent = seen[side] ?? ""; });
    return orientation ? this.say("edges", seen) : "";
  }

  /**
   * The scale of the heatmap in sight; a contour has one value of it.
   *
   * @param {{colours: Uint8Array, palette: string, title: string, contour: number | null} | null} heatmap
   */
  showScale(heatmap) {
    this.scale.hidden = !heatmap;
    if (!heatmap) return;
    if (this.painted !== heatmap.colours) paintColourBar(this.colours, heatmap.colours);
    this.painted = heatmap.colours;
    this.ramp.hidden = heatmap.contour !== null;
    const name = this.say(`scale ${heatmap.palette}`);
    this.unit.textContent = heatmap.contour === null
      ? name
      : `${heatmap.title || name}, ${this.say("contour at", { value: heatmap.contour.toFixed(2) })}`;
  }

  showFrames(count, frame, plays, rate) {
    this.frames.hidden = count < 2;
    if (count < 2) return;
    this.slider.max = String(count);
    this.slider.value = String(frame + 1);
    const text = this.say("frame", { number: frame + 1, count });
    this.slider.setAttribute("aria-valuetext", text);
    this.number.textContent = plays ? `${text}, ${this.say("rate", { value: rate })}` : text;
    this.play.textContent = this.say(plays ? "stop" : "play");
  }
}
