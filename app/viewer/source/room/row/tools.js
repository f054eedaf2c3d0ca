// The picture of a row has no window, no sides and no size, and a finding has no place in it.

const WITHOUT_USE = new RegExp([
  "^tool-(window|probe|length|angle|ellipse|rectangle|outline)$", "^preset-", "^turn-", "^flip", "-frame$", "-mark$",
  "^(invert|narrower|wider|brighter|darker|play|undo|redo|box|outline|nothing-to-mark)$",
].join("|"));

/**
 * @param {string|undefined} kind of the sheet: "image" or "row"
 * @param {string} id of a tool, or of what a key does
 */
export function hasUse(kind, id) {
  return kind !== "row" || !WITHOUT_USE.test(id);
}
