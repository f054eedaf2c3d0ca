// Signs of the tools, drawn here: fonts lack half of them, and no icon is loaded from elsewhere.

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  "tool-window": "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM8 3a5 5 0 0 1 0 10z",
  "tool-pan": "M8 1v14M1 8h14M8 1l-2 2M8 1l2 2M8 15l-2-2M8 15l2-2M1 8l2-2M1 8l2 2M15 8l-2-2M15 8l-2 2",
  "tool-zoom": "M6.5 2a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9zM10 10l4 4M6.5 4.5v4M4.5 6.5h4",
  "tool-magnifier": "M6.5 2a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9zM10 10l4 4",
  "tool-probe": "M8 1v5M8 10v5M1 8h5M10 8h5",
  "tool-length": "M2 14L14 2M1 11l4 4M11 1l4 4",
  "tool-angle": "M13 3L3 13h11M8.5 13a6 6 0 0 0-2-4",
  "tool-ellipse": "M8 3.5c3.6 0 6.5 2 6.5 4.5s-2.9 4.5-6.5 4.5S1.5 10.5 1.5 8S4.4 3.5 8 3.5z",
  "tool-rectangle": "M2 4h12v8H2z",
  "tool-outline": "M3 12c-2-4 1-9 5-9s6 3 5 6s-2 2-4 2s-4 3-6 1z",
  invert: "M2 2h12v12H2zM14 2v12H2z",
  "turn-right": "M13 8a5 5 0 1 1-2-4M13 1v4H9",
  flip: "M8 1v14M6 4L1 12h5zM10 4l5 8h-5",
  fit: "M1 5V1h4M11 1h4v4M15 11v4h-4M5 15H1v-4",
  "one-to-one": "M3 4v8M13 4v8M8 6v.5M8 10v.5M2 5l1-1M12 5l1-1",
  undo: "M5 2L2 5l3 3M2 5h7a4 4 0 0 1 0 8H5",
  redo: "M11 2l3 3l-3 3M14 5H7a4 4 0 0 0 0 8h4",
  reset: "M3 8a5 5 0 1 1 2 4M3 13V9h4",
  box: "M2 4h12v8H2zM8 6v4M6 8h4",
  outline: "M3 12c-2-4 1-9 5-9s6 3 5 6s-2 2-4 2s-4 3-6 1zM8 5v4M6 7h4",
};

/** @returns {SVGElement | string} the sign, or the id where there is none */
export function icon(id) {
  if (!PATHS[id]) return id;
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({
    viewBox: "0 0 16 16", width: "16", height: "16", "aria-hidden": "true", fill: "none",
    stroke: "currentColor", "stroke-width": "1.4", "stroke-linecap": "round", "stroke-linejoin": "round",
  })) svg.setAttribute(name, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[id]);
  if (id === "tool-window" || id === "invert") path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}
