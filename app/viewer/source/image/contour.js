// Lines of equal value through a grid of samples (marching squares), as closed lines in the grid's units.

/**
 * @param {Uint8Array} samples row by row; what lies outside counts as below every level
 * @param {number} level a sample of this value lies inside
 * @returns {number[][]} closed lines, each x, y, x, y, … where (0.5, 0.5) is the first sample's centre
 */
export function contourLines(samples, columns, rows, level) {
  const segments = new Map(); // the edge where a piece begins: where it ends
  const value = (column, row) =>
    (column < 0 || row < 0 || column >= columns || row >= rows ? -1 : samples[row * columns + column]);
  const width = columns + 1;
  const across = (column, row) => 2 * ((row + 1) * (width + 1) + column + 1); // edge to the right
  const down = (column, row) => across(column, row) + 1; // edge below
  for (let row = -1; row < rows; row += 1) {
    for (let column = -1; column < columns; column += 1) {
      const corners = (value(column, row) >= level ? 8 : 0) + (value(column + 1, row) >= level ? 4 : 0)
        + (value(column + 1, row + 1) >= level ? 2 : 0) + (value(column, row + 1) >= level ? 1 : 0);
      if (corners === 0 || corners === 15) continue;
      const edges = [across(column, row), down(column + 1, row), across(column, row + 1), down(column, row)];
      for (const [from, to] of PIECES[corners]) segments.set(edges[from], edges[to]);
    }
  }
  const place = (edge) => {
    const index = edge >> 1;
    const column = (index % (width + 1)) - 1;
    const row = Math.floor(index / (width + 1)) - 1;
    const [other, below] = edge & 1 ? [column, row + 1] : [column + 1, row];
    const [first, second] = [value(column, row), value(other, below)];
    // A level lies between two whole values; −0.5 keeps a sample of its very value inside. A line that
    // leaves the image runs along its border, halfway to the sample that is not there.
    const part = Math.min(first, second) < 0 ? 0.5 : (level - 0.5 - first) / (second - first);
    return [column + 0.5 + (edge & 1 ? 0 : part), row + 0.5 + (edge & 1 ? part : 0)];
  };
  return [...lines(segments, place)];
}

// Pieces of line in a cell by which corners are inside (8 left top, 4 right top, 2 right bottom, 1 left
// bottom), from edge to edge (0 top, 1 right, 2 bottom, 3 left), the inside on the left hand.
const PIECES = [
  [], [[2, 3]], [[1, 2]], [[1, 3]], [[0, 1]], [[0, 1], [2, 3]], [[0, 2]], [[0, 3]],
  [[3, 0]], [[2, 0]], [[3, 0], [1, 2]], [[1, 0]], [[3, 1]], [[2, 1]], [[3, 2]], [],
];

function* lines(segments, place) {
  while (segments.size > 0) {
    const [start] = segments.keys();
    const line = [];
    for (let edge = start; segments.has(edge);) {
      line.push(...place(edge));
      const next = segments.get(edge);
      segments.delete(edge);
      edge = next;
    }
    yield line;
  }
}
