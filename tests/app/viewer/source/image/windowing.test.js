import { greyTable, level, sampleValues, valueText } from "../../../../../app/viewer/source/image/windowing.js";

const header = (more = {}) => ({ bits: 8, knots: [[0, -10], [255, 245]], whole: true, inverted: false, padding: null, ...more });

test("a window of width 1 is a threshold", () => {
  expect([39.5, 39.6].map((value) => level(value, { centre: 40, width: 1, function: "LINEAR" }))).toEqual([0, 1]);
});

test("an image whose low values are bright is turned round after its window, and twice is not at all", () => {
  const window = { centre: 0, width: 100, function: "LINEAR_EXACT" };
  const values = sampleValues(header());
  const grey = (inverted, asked) => greyTable(header({ inverted }), values, window, asked)[20] & 255;
  expect(grey(true, false)).toBe(255 - grey(false, false));
  expect(grey(true, true)).toBe(grey(false, false));
});

test("padding is black under every polarity", () => {
  const padded = header({ padding: 200 });
  const window = { centre: 0, width: 100, function: "LINEAR_EXACT" };
  for (const asked of [true, false]) {
    expect(greyTable(padded, sampleValues(padded), window, asked)[200]).toBe(0xff000000);
  }
});

test("a value has no more digits than its code can tell apart", () => {
  const coarse = header({ knots: [[0, 0], [255, 25500]], whole: false });
  expect(valueText(coarse, sampleValues(coarse), 123)).toBe("≈ 12300");
  expect(valueText(header(), sampleValues(header()), 30)).toBe("20");
});
