import { ImageCanvas } from "../../../../../app/viewer/source/image/image_canvas.js";
import { angle, area, distance, markLines, markName, statistics } from "../../../../../app/viewer/source/image/measures.js";
import { speaker } from "../../../../../app/viewer/source/image/parts.js";

const SPACED = { spacing: { rows_mm: 0.4, columns_mm: 0.2, source: "ImagerPixelSpacing" }, pixel_aspect: 2 };
const UNSPACED = { spacing: null, pixel_aspect: 2 };
const say = speaker({
  "ImagerPixelSpacing": "mm, at the detector", "no spacing": "px", "area no spacing": "px²", "area ImagerPixelSpacing": "mm²",
  statistics: "mean {mean}, sd {sd}, {least} to {most}", "no values": "no values", degrees: "°",
  position: "{column}/{row}: {value}", padding: "padding", stored: "stored {value}", "stored unknown": "not known",
});

/** A ramp of 10 × 8 whole numbers, column + 10 · row, less 20; the last is padding. */
function ramp(more = {}) {
  const samples = Uint8Array.from({ length: 80 }, (_, at) => at);
  const header = {
    rows: 8, columns: 10, channels: 1, bits: 8, windows: [], knots: [[0, -20], [79, 59]], whole: true,
    padding: 79, inverted: false, format: "dicom", rescale: { slope: 2, intercept: -100, unit: "HU" }, ...UNSPACED, ...more,
  };
  return new ImageCanvas({ header, samples });
}

test("a length is in millimetres of both directions, or in pixels of the shape they have", () => {
  expect(distance(SPACED, [[0, 0], [15, 10]])).toBeCloseTo(5);
  expect(distance(UNSPACED, [[0, 0], [3, 2]])).toBeCloseTo(5);
});

test("an angle is that on the body, not that of the pixels", () => {
  expect(angle(SPACED, [[10, 0], [0, 0], [0, 10]])).toBeCloseTo(90);
  expect(angle(SPACED, [[10, 0], [0, 0], [10, 5]])).toBeCloseTo(45);
  expect(angle(SPACED, [[10, 0], [0, 0], [-10, 0]])).toBeCloseTo(180);
});

test("areas of a box, an ellipse and an outline are known ones, whichever corner came first", () => {
  const points = [[10, 20], [0, 0]];
  expect(area(SPACED, { kind: "rectangle", points })).toBeCloseTo(16);
  expect(area(SPACED, { kind: "ellipse", points })).toBeCloseTo(4 * Math.PI);
  expect(area(SPACED, { kind: "outline", points: [[0, 0], [10, 0], [0, 20]] })).toBeCloseTo(8);
});

test("values are those of the pixels whose centres lie inside, without padding", () => {
  const found = statistics(ramp(), { kind: "rectangle", points: [[8, 8], [10, 6]] });
  // Rows 6 and 7, columns 8 and 9, but the last: 48, 49, 58.
  expect(found).toMatchObject({ count: 3, least: 48, most: 58 });
  expect(found.mean).toBeCloseTo(51.667, 3);
  expect(found.sd).toBeCloseTo(Math.sqrt(((51.667 - 48) ** 2 + (51.667 - 49) ** 2 + (58 - 51.667) ** 2) / 3), 2);
  expect(statistics(ramp(), { kind: "rectangle", points: [[20, 20], [30, 30]] })).toBeNull();
});

test("an ellipse and an outline leave out the corners of their box", () => {
  const box = [[0, 0], [6, 6]];
  const count = (kind, points = box) => statistics(ramp(), { kind, points }).count;
  expect(count("rectangle")).toBe(36);
  expect(count("ellipse")).toBe(32);
  expect(count("outline", [[0, 0], [6, 0], [0, 6]])).toBe(15);
});

test("what stands beside a mark names the spacing", () => {
  const length = { kind: "length", points: [[0, 0], [15, 10]], purpose: "measure", text: "" };
  expect(markLines(ramp(SPACED), length, say)).toEqual(["5 mm, at the detector"]);
  expect(markLines(ramp(), length, say)).toEqual(["25 px"]);
  const box = { kind: "rectangle", points: [[0, 0], [2, 1]], purpose: "measure", text: "note" };
  expect(markLines(ramp(), box, say)).toEqual(["note", "4 px²", "mean -19.5, sd 0.5, -20 to -19"]);
  expect(markLines(ramp(), { ...box, purpose: "finding" }, say)).toEqual(["note"]);
});

test("a mark is named by kind, purpose, what is written beside it, and the spacing that this is by", () => {
  const words = (name, values = {}) => [name, ...Object.values(values)].join("|");
  const named = (header, kind, purpose, lines) => markName(header, { kind, purpose }, lines, words);
  const length = "mark|mark length|purpose measure";
  expect(named(SPACED, "length", "measure", ["5 mm"])).toBe(`mark measured|${length}|5 mm (by ImagerPixelSpacing)`);
  expect(named({ pixel_aspect: 1 }, "length", "measure", ["5 px"])).toBe(`mark measured|${length}|5 px (by no spacing)`);
  expect(named(SPACED, "ellipse", "measure", ["4 mm²", "mean 3"])).toMatch(/4 mm², mean 3 \(by ImagerPixelSpacing\)$/);
  expect(named(SPACED, "angle", "measure", ["90°"])).toMatch(/\|90°$/);
  expect(named(SPACED, "outline", "finding", [])).toBe("mark|mark outline|purpose finding");
  expect(named(SPACED, "outline", "finding", ["note"])).toMatch(/\|note$/);
});

test("a position has its value with its unit, and what is stored", () => {
  expect(ramp().describe(3, 2, say)).toBe("3/2: 3 HU");
  expect(ramp().describeStored(3, 2, say)).toBe("stored 51.5");
  expect(ramp().describe(9, 7, say)).toBe("9/7: padding");
  expect(ramp().describeStored(9, 7, say)).toBe("");
  expect(ramp().describe(10, 0, say)).toBe("");
});

test("behind a table the stored value is said not to be known, and of a picture nothing is said", () => {
  expect(ramp({ rescale: null }).describeStored(0, 0, say)).toBe("not known");
  expect(ramp({ rescale: null, format: "png" }).describeStored(0, 0, say)).toBe("");
});
