// Two panes side by side that follow each other, each in measures of its own image.

import { LOADED } from "./looking.js";

/**
 * @param {object} from the pane that changed
 * @param {object} to the one that follows
 * @param {{zoom: boolean, window: boolean}} what
 */
export function follow(from, to, what) {
  if (!from.image || !to.image) return;
  if (what.zoom) to.geometry.state = { ...to.geometry.state, ...placeFor(from.geometry, to.geometry) };
  if (what.window) {
    const window = windowFor(from, to);
    if (window) Object.assign(to.shown, window);
  }
}

/** The same part of the image, as much larger than fitted. */
export function placeFor(from, to) {
  if (from.zoom === null) return { zoom: null, middle: null };
  const { columns, rows } = from.size;
  const { column, row } = from.centre;
  return {
    zoom: (from.scale / from.fitZoom) * to.fitZoom,
    middle: { column: (column / columns) * to.size.columns, row: (row / rows) * to.size.rows },
  };
}

/** The same window where both have the same unit; else both as loaded, or the same part of each one's range of values. */
function windowFor(from, to) {
  const window = from.window;
  if (!window || to.image.isColour) return null;
  const [one, other] = [from.image.header, to.image.header];
  const { inverted } = from.shown;
  const sameUnit = one.rescale?.unit && one.rescale.unit === other.rescale?.unit;
  // As one was loaded, so was the other: each in the window of its own file.
  if (!sameUnit && from.shown.preset === LOADED.preset && !from.shown.window) return { ...LOADED, inverted };
  const stretch = sameUnit ? 1 : (other.high - other.low) / (one.high - one.low || 1);
  const centre = sameUnit ? window.centre : other.low + (window.centre - one.low) * stretch;
  const shape = window.table ? "LINEAR_EXACT" : window.function;
  const width = Math.max(window.width * stretch, shape === "LINEAR" ? 1 : Number.MIN_VALUE);
  return { preset: null, window: { function: shape, centre, width }, inverted };
}
