import { contourLines } from "../../../../../app/viewer/source/image/contour.js";

const area = (line) => {
  let twice = 0;
  for (let at = 0; at < line.length; at += 2) {
    const next = (at + 2) % line.length;
    twice += line[at] * line[next + 1] - line[next] * line[at + 1];
  }
  return Math.abs(twice) / 2;
};

test("one line runs round a disc, at its radius", () => {
  const side = 101;
  const samples = Uint8Array.from({ length: side * side }, (_, at) => {
    const away = Math.hypot((at % side) - 50, Math.floor(at / side) - 50);
    return Math.max(0, 255 - 5 * away);
  });
  const [line, ...others] = contourLines(samples, side, side, 105);
  expect(others).toEqual([]);
  const distances = line.filter((_, at) => at % 2 === 0).map((x, at) => Math.hypot(x - 50.5, line[2 * at + 1] - 50.5));
  expect(Math.min(...distances)).toBeGreaterThan(29.5);
  expect(Math.max(...distances)).toBeLessThan(30.5);
});

test("a hole has a line of its own, and so has each part", () => {
  const rows = ["........", ".####...", ".#..#.#.", ".####...", "........"];
  const samples = Uint8Array.from(rows.join(""), (sign) => (sign === "#" ? 255 : 0));
  const lines = contourLines(samples, 8, 5, 128);
  expect(lines.length).toBe(3);
});

test("where all is inside the line runs along the border, where nothing is there is none", () => {
  const [line] = contourLines(new Uint8Array(12).fill(200), 4, 3, 100);
  expect(area(line)).toBe(11.5); // the corners are cut
  expect([Math.min(...line), Math.max(...line)]).toEqual([0, 4]);
  expect(contourLines(new Uint8Array(12), 4, 3, 1)).toEqual([]);
});

test("a sample of the very level is inside", () => {
  expect(contourLines(Uint8Array.of(0, 0, 0, 0, 7, 0, 0, 0, 0), 3, 3, 7).length).toBe(1);
  expect(contourLines(Uint8Array.of(0, 0, 0, 0, 7, 0, 0, 0, 0), 3, 3, 8)).toEqual([]);
});

test("samples that touch at a corner alone stay apart, and every line closes", () => {
  for (const samples of [[9, 0, 0, 9], [0, 9, 9, 0]]) {
    const lines = contourLines(Uint8Array.from(samples), 2, 2, 5);
    expect(lines.length).toBe(2);
    for (const line of lines) expect(line.length).toBeGreaterThanOrEqual(6);
  }
});
