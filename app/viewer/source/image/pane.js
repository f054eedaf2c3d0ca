import { fetchSamples } from "../encoding.js";
import { element } from "../elements.js";
import { Heatmap } from "../heatmap.js";
import { ImageCanvas } from "../image_canvas.js";
import { Stage } from "../stage.js";
export class ImagePane {
  constructor(root, o) { this.o = o; this.canvas = element("canvas", {}); this.canvas.style.cssText = "width:100%;height:100%"; root.append(this.canvas); this.stage = new Stage(this.canvas); this.marksList = []; this.heatmap = { mode: "colour", opacity: 0.5 }; this.ro = new ResizeObserver(() => this.draw()); this.ro.observe(root); }
  destroy() { this.ro.disconnect(); }
  async show({ url, frame }) { const a = await fetchSamples(url(frame), "The image"); this.image = new ImageCanvas(a); this.stage.setSize(a.header); this.stage.fit(); this.image.paint(a.header.windows[0], false); this.draw(); }
  prefetch() {}
  async setHeatmap(h) { if (h?.url === this.h?.url) return; this.h = h; this.heat = null; if (h) { const a = await fetchSamples(h.url, "m"); if (this.h === h) this.heat = new Heatmap(a, this.o.colours); } this.draw(); }
  get marks() { return this.marksList; } set marks(m) { this.marksList = m; }
  run() { return false; }
  draw() { this.stage.resize(); if (this.image) this.stage.draw(this.image, this.heat, 0.5); }
}
