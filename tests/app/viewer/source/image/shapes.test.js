import { Geometry } from "../../../../../app/viewer/source/image/geometry.js";
import { handles, moved, touched, withHandle } from "../../../../../app/viewer/source/image/shapes.js";

const box = { kind: "rectangle", points: [[10, 10], [50, 40]], purpose: "finding", text: "" };
const line = { kind: "length", points: [[0, 0], [60, 0]], purpose: "measure", text: "" };

function geometry(state = {}) {
  const made = new Geometry();
  made.setImage({ columns: 100, rows: 100, pixel_aspect: 1 });
  made.setScreen(200, 200, 1);
  made.state = state;
  return made;
}

test("each handle of a box moves its own two sides", () => {
  const ends = handles(box).map((_, number) => withHandle(box, number, [20, 20]).points);
  expect(ends).toEqual([[[20, 20], [50, 40]], [[10, 20], [20, 40]], [[10, 10], [20, 20]], [[20, 10], [50, 20]]]);
  expect(box.points).toEqual([[10, 10], [50, 40]]);
});

test("a mark is moved as a whole", () => {
  expect(moved(line, 3, -2).points).toEqual([[3, -2], [63, -2]]);
});

test("a line is touched near it, and not through the middle of a box", () => {
  expect(touched([box], null, geometry(), 60, 20)).toEqual({ index: 0, handle: null });
  expect(touched([box], null, geometry(), 60, 50)).toBeNull();
  expect(touched([line], null, geometry(), 60, 5)).toEqual({ index: 0, handle: null });
  expect(touched([line], null, geometry(), 140, 0)).toBeNull();
});

test("the selected mark's handles come before another mark's line, and later marks before earlier ones", () => {
  const over = { ...line, points: [[10, 10], [90, 10]] };
  expect(touched([box, over], 0, geometry(), 20, 20)).toEqual({ index: 0, handle: 0 });
  expect(touched([box, over], null, geometry(), 60, 20)).toEqual({ index: 1, handle: null });
});

test("marks are found where they are seen in a turned and mirrored image", () => {
  const turned = geometry({ turns: 1, mirrored: true });
  const { x, y } = turned.toScreen({ column: 30, row: 10 });
  expect(touched([box], null, turned, x, y)).toEqual({ index: 0, handle: null });
});
