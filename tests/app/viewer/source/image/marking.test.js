import { act } from "../../../../../app/viewer/source/image/actions.js";
import { Marking } from "../../../../../app/viewer/source/image/marking.js";

const box = (at = 0) => ({ kind: "rectangle", points: [[at, at], [9, 9]], purpose: "finding", text: "" });

function looked(more = {}) {
  const made = new Marking();
  made.image = {
    isColour: false,
    header: { low: 0, high: 800, windows: [{ centre: 400, width: 800, function: "LINEAR" }, { centre: 100, width: 50, function: "LINEAR" }], ...more },
  };
  return made;
}

test("a drag is undone as a whole, and done again", () => {
  const made = looked();
  for (let step = 0; step < 5; step += 1) made.dragWindow(10, 0);
  made.settle();
  made.choosePreset(1);
  expect(made.window.width).toBe(50);
  made.undo();
  expect(made.window.width).toBe(850);
  made.undo();
  expect(made.window.width).toBe(800);
  made.undo();
  made.redo();
  expect(made.window.width).toBe(850);
});

test("undone are marks, window, turns and mirrors, in the order of the hand", () => {
  const made = looked();
  made.addMark(box());
  made.turn((geometry) => geometry.turn(1));
  made.invert();
  made.changeMark(0, box(3));
  made.changeMark(0, box(4));
  made.settle();
  const seen = [];
  for (let step = 0; step < 5; step += 1) {
    seen.push([made.marks[0]?.points[0][0], made.shown.inverted, made.geometry.turns]);
    made.undo();
  }
  expect(seen).toEqual([[4, true, 1], [0, true, 1], [0, false, 1], [0, false, 0], [undefined, false, 0]]);
});

test("a new change ends what could be done again", () => {
  const made = looked();
  made.invert();
  made.undo();
  made.addMark(box());
  made.redo();
  expect([made.shown.inverted, made.marks.length]).toEqual([false, 1]);
});

test("reset is the state at loading, also of an image whose low values are bright", () => {
  const made = looked({ inverted: true });
  made.choosePreset(1);
  made.invert();
  made.turn((geometry) => geometry.flip());
  made.zoomBy(3);
  made.reset();
  expect(made.view).toEqual({ preset: 0, window: null, inverted: false, zoom: null, middle: null, turns: 0, mirrored: false });
});

test("whoever listens hears of marks that a hand changed, once for each change", () => {
  const made = looked();
  const heard = [];
  made.marksChanged = () => heard.push(made.marks.length);
  made.marks = [box()];
  expect(heard).toEqual([]);
  made.addMark(box(1));
  made.changeMark(0, box(2));
  made.changeMark(0, box(3));
  made.settle();
  made.select(0);
  made.deleteMark();
  made.undo();
  expect(heard).toEqual([2, 2, 1, 2]);
});

test("after a mark is drawn it has handles, and dragging does again what it did", () => {
  const made = looked();
  made.drawing = { kind: "rectangle", purpose: "finding" };
  made.addMark(box());
  expect([made.drawing, made.selected, made.tool]).toEqual([null, 0, "window"]);
});

test("a window of a table becomes a line, and one that is no window is refused", () => {
  const made = looked({ windows: [{ centre: 5, width: 9, function: "TABLE", table: new Uint8Array(4) }] });
  made.setWindow({ width: -3 });
  expect(made.window.function).toBe("TABLE");
  made.setWindow({ width: 3 });
  expect(made.window).toEqual({ function: "LINEAR_EXACT", centre: 5, width: 3 });
});

test("what the caller keeps of the marks is not what the pane changes", () => {
  const given = [box()];
  const made = looked();
  made.marks = given;
  made.changeMark(0, box(5));
  expect(given[0].points[0]).toEqual([0, 0]);
});

test("a mark is placed, moved and changed without a pointer, each step undone alone", () => {
  const made = looked();
  made.geometry.setImage({ columns: 100, rows: 100, pixel_aspect: 1 });
  made.geometry.setScreen(200, 200, 1);
  made.geometry.turn(1); // clockwise: what is right on the screen is up in the image
  made.drawing = { kind: "ellipse", purpose: "finding" };
  act(made, "place-mark");
  act(made, "right");
  act(made, "darker");
  expect(made.marks[0].points).toEqual([[20, 76], [84, 16]]);
  act(made, "undo");
  expect(made.marks[0].points).toEqual([[20, 76], [80, 16]]);
  act(made, "undo");
  expect(made.marks[0].points).toEqual([[20, 80], [80, 20]]);
});

test("without a selected mark the same keys move the image and change the window", () => {
  const made = looked();
  made.geometry.setImage({ columns: 100, rows: 100, pixel_aspect: 1 });
  made.geometry.setScreen(100, 100, 1);
  act(made, "right");
  act(made, "wider");
  expect(made.geometry.centre).toEqual({ column: 90, row: 50 });
  expect(made.window.width).toBe(810);
});

test("every kind can be placed, with as many points as it has", () => {
  const made = looked();
  made.geometry.setScreen(200, 200, 1);
  const counts = ["rectangle", "ellipse", "outline", "length", "angle", "point"].map((kind) => {
    made.drawing = { kind, purpose: "measure" };
    made.placeMark();
    return made.marks.at(-1).points.length;
  });
  expect(counts).toEqual([2, 2, 72, 2, 3, 1]);
});

test("marks are of their frame: on another none is seen, drawn, changed, removed or brought back", () => {
  const made = looked();
  let frame = 0;
  Object.defineProperty(made, "isMarkable", { get: () => made.marksFrame === frame });
  made.setMarks([box()], 0);
  made.addMark(box(1));
  frame = 1;
  expect(made.shownMarks).toEqual([]);
  made.addMark(box(2));
  made.changeMark(0, box(3));
  made.deleteMark();
  made.undo();
  made.selectNext();
  expect([made.marks, made.selected]).toEqual([[box(), box(1)], 1]);
  made.setMarks([box(4)], 1);
  made.undo();
  expect(made.shownMarks).toEqual([box(4)]);
});
