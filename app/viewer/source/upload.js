// Entry of the upload field: Streamlit calls `mount` on every rerun with the data of that rerun.

import { UploadField } from "./upload_field.js";

const fields = new WeakMap();

/** @returns {Function} what Streamlit calls when the component leaves the page */
export function mount({ parentElement, data, setStateValue }) {
  let field = fields.get(parentElement);
  if (!field) {
    field = new UploadField(parentElement);
    fields.set(parentElement, field);
  }
  field.update(data, setStateValue);
  return () => {
    fields.delete(parentElement);
    field.destroy();
  };
}

// For tests in the browser.
export { UploadQueue } from "./upload_queue.js";
