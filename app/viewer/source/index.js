// Entry of the component: Streamlit calls `mount` on every rerun with the data of that rerun.

import { Viewer } from "./viewer.js";

const viewers = new WeakMap();

/** @returns {Function} what Streamlit calls when the component leaves the page */
export function mount({ parentElement, data, setStateValue }) {
  let viewer = viewers.get(parentElement);
  if (!viewer) {
    viewer = new Viewer(parentElement, data);
    viewers.set(parentElement, viewer);
  }
  viewer.update(data, setStateValue);
  return () => {
    viewers.delete(parentElement);
    viewer.destroy();
  };
}
