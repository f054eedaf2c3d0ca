// The image pane of today as the benchmark of looking mounts it: with a slider and a key, and nothing of the room.

import { ImagePane } from "../../app/viewer/source/image/image_pane.js";

export function mount({ parentElement, data }) {
  const host = document.createElement("div");
  Object.assign(host.style, { position: "relative", display: "grid", height: `${data.height}px` });
  const details = document.createElement("div");
  details.className = "details";
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: 0, max: 100 });
  details.append(slider);
  parentElement.append(host, details);
  const pane = new ImagePane(host, data.pane);
  const url = (frame) => data.image.replace("{frame}", frame);
  pane.show({ key: data.case, frames: data.frames, url })
    .then(() => pane.setHeatmap({ url: data.heatmaps[0].url }));
  slider.oninput = () => { pane.heatmap = { opacity: Number(slider.value) / 100 }; };
  host.addEventListener("keydown", ({ key }) => { if (key === ".") pane.run("next-frame"); });
  return () => {
    pane.destroy();
    details.remove();
    host.remove();
  };
}
