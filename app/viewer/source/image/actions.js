// What a pane does at each action of ../../actions.py.

const PAN_STEP = 40; // CSS pixels
const WINDOW_STEP = 10;
const MARK_STEP = 8;
const DRAGS = new Set(["window", "pan", "zoom", "magnifier"]);
const DRAWN = { probe: "point", length: "length", angle: "angle", ellipse: "ellipse", rectangle: "rectangle", outline: "outline" };

/** @returns {boolean} whether there is such an action */
export function act(pane, id, held) {
  const [, group, name] = id.match(/^(tool|preset)-(\w+)$/) ?? [];
  if (group === "tool") return chooseTool(pane, name);
  if (group === "preset") return choosePreset(pane, Number(name));
  if (!Object.hasOwn(ACTIONS, id)) return false;
  ACTIONS[id](pane, held);
  return true;
}

function chooseTool(pane, name) {
  if (DRAGS.has(name)) pane.tool = name;
  else if (Object.hasOwn(DRAWN, name)) pane.drawing = { kind: DRAWN[name], purpose: "measure" };
  else return false;
  return true;
}

function choosePreset(pane, number) {
  if (!(number >= 1 && number <= 9)) return false;
  pane.choosePreset(number - 1);
  return true;
}

/** Arrows move what is seen to the other side, or the selected mark to theirs. */
function move(pane, x, y) {
  if (pane.selected === null) pane.panBy(-x * PAN_STEP, -y * PAN_STEP);
  else pane.nudge(x * MARK_STEP, y * MARK_STEP);
}

/** Shift and arrows change the window, or the size of the selected mark. */
function change(pane, x, y) {
  if (pane.selected === null) pane.stepWindow(x * WINDOW_STEP, y * WINDOW_STEP);
  else pane.stretch(x * MARK_STEP, y * MARK_STEP);
}

const ACTIONS = {
  invert: (pane) => pane.invert(),
  narrower: (pane) => change(pane, -1, 0),
  wider: (pane) => change(pane, 1, 0),
  brighter: (pane) => change(pane, 0, -1),
  darker: (pane) => change(pane, 0, 1),
  "zoom-in": (pane) => pane.zoomBy(1.25),
  "zoom-out": (pane) => pane.zoomBy(1 / 1.25),
  fit: (pane) => pane.place((geometry) => geometry.fit()),
  "one-to-one": (pane) => pane.place((geometry) => geometry.actualSize()),
  "turn-left": (pane) => pane.turn((geometry) => geometry.turn(-1)),
  "turn-right": (pane) => pane.turn((geometry) => geometry.turn(1)),
  flip: (pane) => pane.turn((geometry) => geometry.flip()),
  "flip-vertical": (pane) => pane.turn((geometry) => geometry.flip(true)),
  left: (pane) => move(pane, -1, 0),
  right: (pane) => move(pane, 1, 0),
  up: (pane) => move(pane, 0, -1),
  down: (pane) => move(pane, 0, 1),
  reset: (pane) => pane.reset(),
  "previous-frame": (pane) => pane.stepFrame(-1),
  "next-frame": (pane) => pane.stepFrame(1),
  play: (pane) => pane.togglePlay(),
  heatmap: (pane) => { pane.heatmap = { hidden: !pane.heatmap.hidden }; },
  contour: (pane) => { pane.heatmap = { mode: pane.heatmap.mode === "colour" ? "contour" : "colour" }; },
  "hide-heatmap": (pane, held) => pane.hideHeatmap(held),
  undo: (pane) => pane.undo(),
  redo: (pane) => pane.redo(),
  "place-mark": (pane) => pane.placeMark(),
  "delete-mark": (pane) => pane.deleteMark(),
  "next-mark": (pane) => pane.selectNext(),
  cancel: (pane) => pane.cancel(),
};
