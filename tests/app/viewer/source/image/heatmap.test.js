import { bytesFromHex, colourWords, Heatmap } from "../../../../../app/viewer/source/image/heatmap.js";

const header = { columns: 4, rows: 2 };
const heatmap = new Heatmap({ header, samples: Uint8Array.of(0, 0, 0, 0, 0, 51, 255, 0) });

test("opacity grows with the value, and nothing below the threshold is seen", () => {
  const words = colourWords(bytesFromHex("0a0b0c".repeat(256)), 0.4);
  expect([words[0], words[101]]).toEqual([0, 0]);
  expect(words[102].toString(16)).toBe("660c0b0a");
  expect(words[255].toString(16)).toBe("ff0c0b0a");
});

test("a value is that of the sample under a part of the image, whatever the image's size", () => {
  expect(heatmap.valueAt(0.3, 0.6)).toBe(0.2);
  expect(heatmap.valueAt(0.6, 0.9)).toBe(1);
  expect(heatmap.valueAt(1, 0.5)).toBeNull();
  expect(heatmap.valueAt(-0.1, 0.5)).toBeNull();
});

test("a contour lies around the samples that reach the threshold, in parts of the image", () => {
  const [line, ...others] = heatmap.contour(0.5);
  expect(others).toEqual([]);
  const [across, down] = [line.filter((_, at) => at % 2 === 0), line.filter((_, at) => at % 2 === 1)];
  expect(Math.min(...across)).toBeGreaterThan(0.375);
  expect(Math.max(...across)).toBeLessThan(0.875);
  expect(Math.min(...down)).toBeGreaterThan(0.25);
  expect(Math.max(...down)).toBe(1);
});
