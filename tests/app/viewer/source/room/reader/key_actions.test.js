import { answerOf, KeyActions } from "../../../../../../app/viewer/source/room/reader/key_actions.js";

const QUESTIONS = [
  { id: "verdict", choices: [{ value: "accept", key: "accept" }, { value: "reject", key: "reject" }] },
  { id: "text", choices: [] },
  { id: "confidence", choices: [{ value: "1", key: "confidence-1" }, { value: "2", key: "" }] },
];

function pressed({ open = false, questions = QUESTIONS } = {}) {
  const done = [];
  const dialog = { isOpen: open, close: () => done.push("close") };
  const actions = new KeyActions({
    dialogs: [{ isOpen: false, close: () => {} }, dialog],
    questions: () => questions,
    answer: (...answer) => done.push(answer),
    acts: { next: () => done.push("next"), heatmap: () => done.push("the room's heatmap") },
    pane: {
      run: (id, options) => {
        done.push(["pane", id, options].filter(Boolean));
        return id !== "unknown";
      },
    },
  });
  return { actions, done };
}

test("a key answers the question whose choice it stands for", () => {
  const { actions, done } = pressed();
  expect(actions.run("reject", true)).toBe(true);
  expect(actions.run("confidence-1", true)).toBe(true);
  expect(done).toEqual([["verdict", "reject"], ["confidence", "1"]]);
});

test("a key of a question that is not asked is not the room's", () => {
  expect(answerOf("accept", [])).toBeNull();
  const { actions } = pressed({ questions: [] });
  actions.pane.run = () => false;
  expect(actions.run("accept", true)).toBe(false);
});

test("what is not the room's goes to the image", () => {
  const { actions, done } = pressed();
  actions.run("next", true);
  actions.run("heatmap", true);
  actions.run("invert", true);
  expect(actions.run("unknown", true)).toBe(false);
  expect(actions.run("toString", true)).toBe(true);
  expect(done).toEqual(["next", "the room's heatmap", ["pane", "invert"], ["pane", "unknown"], ["pane", "toString"]]);
});

test("one key lasts as long as it is held, the others act when they go down", () => {
  const { actions, done } = pressed();
  actions.run("hide-heatmap", true);
  actions.run("hide-heatmap", false);
  actions.run("next", false);
  expect(done).toEqual([["pane", "hide-heatmap", { held: true }], ["pane", "hide-heatmap", { held: false }]]);
});

test("over a dialog keys do nothing but close it", () => {
  const { actions, done } = pressed({ open: true });
  expect(actions.run("reject", true)).toBe(false);
  expect(actions.run("hide-heatmap", true)).toBe(false);
  expect(actions.run("cancel", false)).toBe(false);
  expect(done).toEqual([]);
  expect(actions.run("help", true)).toBe(true);
  expect(done).toEqual(["close"]);
});

test("a key that means nothing for what is shown does nothing, and is not the browser's either", () => {
  const { actions, done } = pressed();
  actions.hasUse = (id) => id !== "invert";
  expect(actions.run("invert", true)).toBe(true);
  actions.run("next", true);
  expect(done).toEqual(["next"]);
});
