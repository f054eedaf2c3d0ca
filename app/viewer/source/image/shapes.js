// Marks as shapes on the screen: where they are touched, and how a handle or a move changes them.

const NEAR = 7; // CSS pixels
const REACH = 60; // CSS pixels
const STEPS = 72; // of an ellipse

/** The positions by which a mark is changed; none of an outline, which is moved as a whole. */
export function handles({ kind, points }) {
  if (kind === "outline") return [];
  if (kind !== "rectangle" && kind !== "ellipse") return points;
  const [[left, top], [right, bottom]] = points;
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

/** The mark with one of its handles at another position. */
export function withHandle(mark, number, position) {
  const points = structuredClone(mark.points);
  if (mark.kind !== "rectangle" && mark.kind !== "ellipse") points[number] = position;
  else {
    const [x, y] = [[0, 0], [1, 0], [1, 1], [0, 1]][number];
    points[x][0] = position[0];
    points[y][1] = position[1];
  }
  return { ...mark, points };
}

export function moved(mark, columns, rows) {
  return { ...mark, points: mark.points.map(([column, row]) => [column + columns, row + rows]) };
}

/** A mark of a kind around a position, for hands that have no pointer. @param {(x, y) => object} way */
export function around({ column, row }, kind, way) {
  const at = (x, y) => {
    const { column: columns, row: rows } = way(x, y);
    return [column + columns, row + rows];
  };
  if (kind === "point") return [at(0, 0)];
  if (kind === "length") return [at(-REACH, 0), at(REACH, 0)];
  if (kind === "angle") return [at(REACH, -REACH), at(0, 0), at(REACH, 0)];
  const points = [at(-REACH, -REACH), at(REACH, REACH)];
  return kind === "outline" ? outline({ kind: "ellipse", points }).line : points;
}

/** The handle by which a mark without a pointer is made larger or smaller. */
export function lastHandle(mark) {
  return mark.kind === "rectangle" || mark.kind === "ellipse" ? 2 : handles(mark).length - 1;
}

/** The line of a mark, as image positions, and whether it closes. */
export function outline({ kind, points }) {
  if (kind === "rectangle") return { line: handles({ kind, points }), closed: true };
  if (kind === "outline") return { line: points, closed: true };
  if (kind !== "ellipse") return { line: points, closed: false };
  const [[left, top], [right, bottom]] = points;
  const line = Array.from({ length: STEPS }, (_, at) => {
    const turn = (2 * Math.PI * at) / STEPS;
    return [
      (left + right + (right - left) * Math.cos(turn)) / 2,
      (top + bottom + (bottom - top) * Math.sin(turn)) / 2,
    ];
  });
  return { line, closed: true };
}

/**
 * What lies under a place on the screen: a handle of the selected mark, then the line of a mark.
 *
 * @returns {{index: number, handle: number | null} | null}
 */
export function touched(marks, selected, geometry, x, y) {
  const away = ([column, row]) => {
    const place = geometry.toScreen({ column, row });
    return Math.hypot(place.x - x, place.y - y);
  };
  if (selected !== null && marks[selected]) {
    const handle = handles(marks[selected]).findIndex((position) => away(position) <= NEAR + 2);
    if (handle >= 0) return { index: selected, handle };
  }
  for (let index = marks.length - 1; index >= 0; index -= 1) {
    const { line, closed } = outline(marks[index]);
    const places = line.map(([column, row]) => geometry.toScreen({ column, row }));
    const last = closed ? places.length : Math.max(1, places.length - 1);
    for (let at = 0; at < last; at += 1) {
      if (toSegment({ x, y }, places[at], places[(at + 1) % places.length]) <= NEAR) {
        return { index, handle: null };
      }
    }
  }
  return null;
}

function toSegment(point, from, to) {
  const [x, y] = [to.x - from.x, to.y - from.y];
  const length = x * x + y * y;
  const part = length ? ((point.x - from.x) * x + (point.y - from.y) * y) / length : 0;
  const at = Math.min(1, Math.max(0, part));
  return Math.hypot(point.x - from.x - at * x, point.y - from.y - at * y);
}
