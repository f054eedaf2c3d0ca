import { Preferences } from "../../../../../../app/viewer/source/room/reader/preferences.js";
import { server } from "../answers.js";

const KEYS = [{ id: "accept", key: "a", title: "Right" }, { id: "reject", key: "r", title: "Wrong" }];

function preferred(kept) {
  const { ask, asked, answers } = server({ preferences: kept });
  const refused = [];
  return { made: new Preferences(KEYS, (error) => refused.push(error.message), ask), asked, answers, refused };
}

test("a reader's own keys go before the usual ones", async () => {
  const { made } = preferred({ keys: { accept: "Shift+q" }, presets: null, reads_first: 1 });
  expect(made.keyOf("accept")).toBe("A");
  await made.load();
  expect([made.keyOf("accept"), made.keyOf("reject"), made.keyOf("none")]).toEqual(["Shift+Q", "R", ""]);
  expect([made.titleOf("reject"), made.titleOf("none")]).toEqual(["Wrong", "none"]);
  expect([made.presets, made.readsFirst]).toEqual([[], true]);
});

test("a key does one thing, and only what is not usual is kept", async () => {
  const { made, asked } = preferred({});
  await made.setKey("accept", "r");
  expect(made.keys.map(({ key }) => key)).toEqual(["r", ""]);
  await made.resetKeys();
  expect(asked).toEqual([["preferences", { keys: { accept: "r", reject: "" } }], ["preferences", { keys: {} }]]);
});

test("a window is kept once, and nine of them", async () => {
  const { made } = preferred({});
  for (let centre = 1; centre <= 10; centre += 1) await made.addPreset({ centre, width: 100.123456 });
  await made.addPreset({ centre: 5, width: 100.123456 });
  expect(made.presets.map(({ centre }) => centre)).toEqual([2, 3, 4, 6, 7, 8, 9, 10, 5]);
  expect(made.presets[0].name).toBe("2 / 100.12");
});

test("without an answer the room works with what is usual, and says what was not kept", async () => {
  const { made, refused } = preferred(new Error("lost"));
  await made.load();
  expect(made.keys).toBe(KEYS);
  expect(await made.addPreset({ centre: 1, width: 2 })).toBe(false);
  expect(refused).toEqual(["lost"]);
  await expect(made.toggleReadsFirst()).rejects.toThrow("lost");
  expect(made.readsFirst).toBe(false);
});
