import { Tries } from "../../../../../../app/viewer/source/room/entries/tries.js";
import { later, server } from "../answers.js";

const DONE = {
  state: "done", sentence: "0.6 → 0.2", call: "", notes: [], control: "", size: "", control_detail: "",
  bars: [], together: { evidence: 1, text: "+1.0" },
};

function trying(answers) {
  const { ask, asked } = server(answers);
  const steps = [];
  const opened = { path: "a/0", sheet: { waterfall: { title: "What speaks for it" } } };
  const tries = new Tries(opened, "Asking the model…", {
    redraw: () => steps.push(tries.now.sentence), restored: () => steps.push("restored"),
  }, ask);
  return { tries, asked, steps };
}

const settled = () => new Promise((resolve) => { setTimeout(resolve); });

test("a prototype is switched off, and on again by the same press", async () => {
  const { tries, asked, steps } = trying({ "try/a/0": DONE });
  tries.switchOff(["p1", "p2"]);
  await settled();
  expect(asked).toEqual([["try/a/0", { off: ["p1", "p2"], region: null }]]);
  expect(steps).toEqual(["Asking the model…", "0.6 → 0.2."]);
  expect(tries.now.waterfall.title).toBe("What speaks for it");
  tries.switchOff(["p1", "p2"]);
  await settled();
  expect(tries.isTrying).toBe(false);
  expect(steps.at(-1)).toBe("restored");
});

test("only the answer to what was tried last counts", async () => {
  const slow = later();
  const answers = { "try/a/0": slow.answer };
  const { tries } = trying(answers);
  tries.switchOff(["p1"]);
  answers["try/a/0"] = { ...DONE, sentence: "the second" };
  tries.switchOff(["p2"]);
  await settled();
  slow.come({ ...DONE, sentence: "the first" });
  await settled();
  expect(tries.now.sentence).toBe("the second.");
  expect(tries.now.off).toEqual(["p1", "p2"]);
});

test("a region is tried once it is drawn, and again when what is done with it changes", async () => {
  const { tries, asked } = trying({ "try/a/0": { state: "queued", id: "t" }, "try/t": DONE });
  tries.choose({ action: "keep" });
  expect(asked).toEqual([]);
  tries.setRegion([]);
  tries.setRegion(["a box"]);
  tries.setRegion(["a box"]);
  await settled();
  tries.choose({ fill: "mean" });
  await settled();
  const region = { marks: ["a box"], action: "keep", fill: "blur" };
  expect(asked).toEqual([
    ["try/a/0", { off: [], region }], "try/t",
    ["try/a/0", { off: [], region: { ...region, fill: "mean" } }], "try/t",
  ]);
});

test("values of a row are tried together, and one taken back alone", async () => {
  const { tries, asked, steps } = trying({ "try/a/0": DONE });
  tries.setValue("radius", null);
  tries.setValue("stage", "late");
  tries.setValue("stage", "late");
  await settled();
  expect(tries.isTrying).toBe(true);
  tries.setValue("radius", undefined);
  await settled();
  expect(asked.map(([, body]) => body.values)).toEqual([{ radius: null }, { radius: null, stage: "late" }, { stage: "late" }]);
  expect(tries.now.values).toEqual({ stage: "late" });
  tries.setValue("stage", undefined);
  expect(tries.isTrying).toBe(false);
  expect(steps.at(-1)).toBe("restored");
});
