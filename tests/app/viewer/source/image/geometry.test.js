import { Geometry } from "../../../../../app/viewer/source/image/geometry.js";

const SHAPES = [[300, 200, 1], [120, 512, 2], [64, 64, 0.4]];

function geometry([columns, rows, aspect], turns = 0, mirrored = false, more = {}) {
  const made = new Geometry();
  made.setImage({ columns, rows, pixel_aspect: aspect });
  made.setScreen(640, 480, 2);
  made.state = { turns, mirrored, ...more };
  return made;
}

const every = (test) => {
  for (const shape of SHAPES) {
    for (const turns of [0, 1, 2, 3]) for (const mirrored of [false, true]) test(shape, turns, mirrored);
  }
};

test("a place on the screen and the position under it lead to each other, however the image lies", () => {
  every((shape, turns, mirrored) => {
    const made = geometry(shape, turns, mirrored, { zoom: 1.7, middle: { column: 31, row: 47 } });
    const place = made.toScreen(made.toImage(123, 45));
    expect(place.x).toBeCloseTo(123, 6);
    expect(place.y).toBeCloseTo(45, 6);
  });
});

test("a fitted image lies inside the screen and touches two of its sides", () => {
  every((shape, turns, mirrored) => {
    const made = geometry(shape, turns, mirrored);
    const corners = [made.toScreen({ column: 0, row: 0 }), made.toScreen({ column: shape[0], row: shape[1] })];
    const width = Math.abs(corners[0].x - corners[1].x);
    const height = Math.abs(corners[0].y - corners[1].y);
    expect(width).toBeLessThanOrEqual(640 + 1e-9);
    expect(height).toBeLessThanOrEqual(480 + 1e-9);
    expect(Math.min(640 - width, 480 - height)).toBeCloseTo(0, 6);
  });
});

test("the point under the pointer stays there while it is zoomed", () => {
  every((shape, turns, mirrored) => {
    const made = geometry(shape, turns, mirrored);
    const before = made.toImage(350, 230);
    made.zoomBy(1.6, 350, 230);
    const after = made.toImage(350, 230);
    // The corner lies on a whole pixel of the screen: half a pixel may be lost.
    expect(Math.abs(after.column - before.column) * made.scale).toBeLessThan(0.51);
    expect(Math.abs(after.row - before.row) * made.scale * shape[2]).toBeLessThan(0.51);
  });
});

test("the image follows the hand that moves it, however it lies", () => {
  every((shape, turns, mirrored) => {
    const made = geometry(shape, turns, mirrored, { zoom: 1 });
    const before = made.toScreen({ column: 20, row: 20 });
    made.panBy(12, -8);
    const after = made.toScreen({ column: 20, row: 20 });
    expect(after.x - before.x).toBeCloseTo(12, 6);
    expect(after.y - before.y).toBeCloseTo(-8, 6);
  });
});

test("what is mirrored twice, or turned four times, is as before", () => {
  every((shape, turns, mirrored) => {
    for (const change of [(it) => { it.flip(); it.flip(); }, (it) => { it.flip(true); it.flip(true); },
      (it) => [1, 1, 1, 1].forEach((quarter) => it.turn(quarter))]) {
      const made = geometry(shape, turns, mirrored);
      const before = made.matrix;
      change(made);
      expect(made.matrix).toEqual(before);
    }
  });
});

test("a mirror turns left into right as it is seen, whatever lay there", () => {
  every((shape, turns, mirrored) => {
    const made = geometry(shape, turns, mirrored);
    const before = made.toScreen({ column: 3, row: 5 });
    made.flip();
    const after = made.toScreen({ column: 3, row: 5 });
    expect(after.x).toBeCloseTo(640 - before.x, 6);
    expect(after.y).toBeCloseTo(before.y, 6);
  });
});

test("at one to one the corner lies on a whole pixel of the screen", () => {
  const made = geometry([301, 203, 1]);
  made.actualSize();
  const { a, d, e, f } = made.matrix;
  expect([a, d]).toEqual([0.5, 0.5]);
  expect([e * 2, f * 2].every(Number.isInteger)).toBe(true);
});

test("the letters of a chest from the front go round with it", () => {
  const letters = { left: "R", top: "H", right: "L", bottom: "F" };
  const seen = (turns, change = () => {}) => {
    const made = geometry(SHAPES[0], turns);
    change(made);
    const { left, top, right, bottom } = made.seen(letters);
    return left + top + right + bottom;
  };
  expect([0, 1, 2, 3].map((turns) => seen(turns))).toEqual(["RHLF", "FRHL", "LFRH", "HLFR"]);
  expect([0, 1, 2, 3].map((turns) => seen(turns, (made) => made.flip()))).toEqual(["LHRF", "HRFL", "RFLH", "FLHR"]);
  expect(seen(0, (made) => made.flip(true))).toBe("RFLH");
});
