import { follow } from "../../../../../app/viewer/source/image/link.js";
import { Marking } from "../../../../../app/viewer/source/image/marking.js";

function pane(columns, rows, { low, high, unit = "" }) {
  const made = new Marking();
  made.geometry.setImage({ columns, rows, pixel_aspect: 1 });
  made.geometry.setScreen(500, 500, 1);
  const rescale = { slope: 1, intercept: 0, unit };
  made.image = { isColour: false, header: { low, high, rescale, windows: [{ centre: 500, width: 200, function: "LINEAR" }] } };
  return made;
}

test("the other image shows the same part of itself, as much larger than fitted", () => {
  const [one, other] = [pane(1000, 1000, { low: 0, high: 1000 }), pane(250, 250, { low: 0, high: 255 })];
  one.geometry.state = { zoom: 1, middle: { column: 250, row: 500 } };
  follow(one, other, { zoom: true });
  expect(other.geometry.state).toMatchObject({ zoom: 4, middle: { column: 62.5, row: 125 } });
  one.geometry.fit();
  follow(one, other, { zoom: true });
  expect(other.geometry.zoom).toBeNull();
});

test("a window goes by the range of values, or by its unit where both have the same", () => {
  const [one, other] = [pane(9, 9, { low: 0, high: 1000 }), pane(9, 9, { low: 0, high: 250 })];
  one.setWindow({});
  follow(one, other, { window: true });
  expect(other.window).toMatchObject({ centre: 125, width: 50 });
  const [ct, prior] = [pane(9, 9, { low: -1000, high: 1000, unit: "HU" }), pane(9, 9, { low: 0, high: 90, unit: "HU" })];
  follow(ct, prior, { window: true });
  expect(prior.window).toMatchObject({ centre: 500, width: 200 });
});

test("as one was loaded, so was the other: in the window of its own file", () => {
  const [one, other] = [pane(9, 9, { low: 0, high: 1000 }), pane(9, 9, { low: 0, high: 250 })];
  one.setWindow({ width: 10 });
  follow(one, other, { window: true });
  one.reset();
  one.invert();
  follow(one, other, { window: true });
  expect(other.shown).toEqual({ preset: 0, window: null, inverted: true });
});

test("turns and mirrors are each image's own", () => {
  const [one, other] = [pane(9, 9, { low: 0, high: 9 }), pane(9, 9, { low: 0, high: 9 })];
  other.geometry.turn(1);
  follow(one, other, { zoom: true, window: true });
  expect(other.geometry.turns).toBe(1);
});
