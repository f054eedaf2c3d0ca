import { History } from "../../../../../app/viewer/source/image/history.js";

test("no more than a hundred changes are kept, the newest", () => {
  const history = new History();
  for (let at = 0; at < 150; at += 1) history.push({ at });
  let [last, count] = [null, 0];
  for (let state = history.undo({ at: 150 }); state; state = history.undo(state)) [last, count] = [state.at, count + 1];
  expect([last, count]).toEqual([50, 100]);
});

test("of another image nothing is undone", () => {
  const history = new History();
  history.push({ at: 1 });
  history.clear();
  expect(history.undo({})).toBeNull();
  expect(history.redo({})).toBeNull();
});
