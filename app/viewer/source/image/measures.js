// Lengths, angles, areas and values of marks, in millimetres where the file states a spacing.

const MOST_PIXELS = 1 << 20; // of a region that are all looked at; of a larger one every n-th row and column

/** Millimetres, or pixels where no spacing is known, for one column and one row. */
export function unitSteps({ spacing, pixel_aspect }) {
  return spacing
    ? { across: spacing.columns_mm, down: spacing.rows_mm, source: spacing.source }
    : { across: 1, down: pixel_aspect, source: "no spacing" };
}

export function distance(header, [from, to]) {
  const { across, down } = unitSteps(header);
  return Math.hypot((to[0] - from[0]) * across, (to[1] - from[1]) * down);
}

/** Degrees between the legs at the second point. */
export function angle(header, [first, vertex, last]) {
  const { across, down } = unitSteps(header);
  const leg = ([x, y]) => [(x - vertex[0]) * across, (y - vertex[1]) * down];
  const [[x, y], [u, v]] = [leg(first), leg(last)];
  const degrees = (Math.atan2(Math.abs(x * v - y * u), x * u + y * v) * 180) / Math.PI;
  return degrees;
}

export function area(header, mark) {
  const { across, down } = unitSteps(header);
  const [[left, top], [right, bottom]] = mark.points;
  const box = Math.abs((right - left) * (bottom - top)) * across * down;
  if (mark.kind === "rectangle") return box;
  if (mark.kind === "ellipse") return (box * Math.PI) / 4;
  let twice = 0;
  mark.points.forEach(([x, y], at) => {
    const [u, v] = mark.points[(at + 1) % mark.points.length];
    twice += x * v - u * y;
  });
  return (Math.abs(twice) / 2) * across * down;
}

/** Whether a mark with an area holds the image position (column, row). */
export function contains({ kind, points }, column, row) {
  if (kind === "outline") {
    let inside = false;
    points.forEach(([x, y], at) => {
      const [u, v] = points[(at + points.length - 1) % points.length];
      if (y > row !== v > row && column < ((u - x) * (row - y)) / (v - y) + x) inside = !inside;
    });
    return inside;
  }
  const [[left, top], [right, bottom]] = points;
  if (kind === "rectangle") {
    return between(column, left, right) && between(row, top, bottom);
  }
  const x = (2 * column - left - right) / (right - left);
  const y = (2 * row - top - bottom) / (bottom - top);
  return x * x + y * y <= 1;
}

function between(value, one, other) {
  return value >= Math.min(one, other) && value <= Math.max(one, other);
}

/**
 * Values of the pixels whose centres lie in a mark.
 *
 * @returns {{count: number, mean: number, sd: number, least: number, most: number} | null} null of a
 *     colour image, and where no pixel has a value; sd is that of these pixels (divided by count)
 */
export function statistics(image, mark) {
  const { header, samples, values } = image;
  if (image.isColour) return null;
  const [left, top, right, bottom] = bounds(mark, header);
  const step = Math.ceil(Math.sqrt(Math.max(1, ((right - left) * (bottom - top)) / MOST_PIXELS)));
  let [count, mean, squares, least, most] = [0, 0, 0, Infinity, -Infinity];
  for (let row = top; row < bottom; row += step) {
    for (let column = left; column < right; column += step) {
      const sample = samples[row * header.columns + column];
      if (sample === header.padding || !contains(mark, column + 0.5, row + 0.5)) continue;
      const value = values[sample];
      count += 1;
      const difference = value - mean; // Welford: no sum of large squares
      mean += difference / count;
      squares += difference * (value - mean);
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  return count ? { count, mean, sd: Math.sqrt(squares / count), least, most } : null;
}

function bounds({ points }, { columns, rows }) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [
    Math.max(0, Math.floor(Math.min(...xs))),
    Math.max(0, Math.floor(Math.min(...ys))),
    Math.min(columns, Math.ceil(Math.max(...xs))),
    Math.min(rows, Math.ceil(Math.max(...ys))),
  ];
}

/** A number as it is read: 3 digits, whole from 100 on. */
export function short(value) {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/**
 * What is written beside a mark.
 *
 * @param {(name: string, values?: object) => string} say the words
 * @returns {string[]} lines; none of a mark that has nothing to measure
 */
export function markLines(image, mark, say) {
  const { header } = image;
  const { source } = unitSteps(header);
  const lines = mark.text ? [mark.text] : [];
  if (mark.kind === "length") lines.push(`${short(distance(header, mark.points))} ${say(source)}`);
  else if (mark.kind === "angle") lines.push(`${angle(header, mark.points).toFixed(1)}${say("degrees")}`);
  else if (mark.kind === "point") {
    const at = mark.points[0].map(Math.floor);
    lines.push(image.describe(...at, say), image.describeStored(...at, say));
  }
  else if (mark.purpose === "measure") {
    lines.push(`${short(area(header, mark))} ${say(`area ${source}`)}`);
    const found = statistics(image, mark);
    if (found) {
      const { mean, sd, least, most } = found;
      lines.push(say("statistics", { mean: short(mean), sd: short(sd), least: short(least), most: short(most) }));
    } else if (!image.isColour) lines.push(say("no values"));
  }
  return lines.filter(Boolean);
}

/**
 * What a mark is called: its kind, what it is for, what is written beside it, and the spacing that this is by.
 *
 * @param {string[]} lines as `markLines`
 * @returns {string} "Length, measurement: 23.4 mm (pixel spacing)"
 */
export function markName(header, { kind, purpose }, lines, say) {
  const name = say("mark", { kind: say(`mark ${kind}`), purpose: say(`purpose ${purpose}`) });
  if (lines.length === 0) return name;
  const text = lines.join(", ");
  const isBySpacing = kind === "length" || (purpose === "measure" && kind !== "angle" && kind !== "point");
  const spacing = isBySpacing ? ` (${say(`by ${unitSteps(header).source}`)})` : "";
  return say("mark measured", { name, text: `${text}${spacing}` });
}
