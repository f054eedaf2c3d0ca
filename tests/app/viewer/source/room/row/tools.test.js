import { expect, test } from "vitest";

import { hasUse } from "../../../../../../app/viewer/source/room/row/tools.js";

test("everything has its use on an image", () => {
  for (const id of ["tool-window", "invert", "box", "sign", "nothing-to-mark"]) {
    expect(hasUse("image", id)).toBe(true);
    expect(hasUse(undefined, id)).toBe(true);
  }
});

test("on a row there is no window, no measuring, no turning and no mark", () => {
  for (const id of [
    "tool-window", "tool-probe", "tool-length", "tool-angle", "tool-outline", "preset-2", "narrower", "brighter",
    "turn-left", "flip-vertical", "box", "outline", "next-frame", "place-mark", "invert", "nothing-to-mark",
  ]) expect(hasUse("row", id), id).toBe(false);
});

test("a row is moved, enlarged, explained, judged and signed", () => {
  for (const id of [
    "tool-pan", "tool-zoom", "tool-magnifier", "fit", "one-to-one", "reset", "heatmap", "contour", "next-prototype",
    "off", "restore", "accept", "confidence-3", "sign", "next", "help", "cancel",
  ]) expect(hasUse("row", id), id).toBe(true);
});
