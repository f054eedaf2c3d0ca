import { Entries } from "../../../../../../app/viewer/source/room/entries/entries.js";
import { parted } from "../../../../../../app/viewer/source/room/entries/drawing.js";

const FORM = {
  answers: { verdict: "accept" }, judgements: { p1: { usefulness: "useful" } }, marks: [],
  revision: 2, active_seconds: 5,
};

function begun(own = null) {
  let changes = 0;
  const clock = { seconds: 0, start(seconds) { this.seconds = seconds; } };
  const entries = new Entries(clock, () => { changes += 1; });
  entries.begin(FORM, own);
  return { entries, clock, changes: () => changes };
}

test("entries begin as the server has them, which is no change", () => {
  const { entries, changes } = begun();
  expect(entries.sent).toEqual(FORM);
  expect(changes()).toBe(0);
});

test("what this tab had not yet sent goes before what the server has", () => {
  const own = { answers: { text: "mine" }, judgements: {}, marks: ["m"], revision: 1, active_seconds: 9 };
  expect(begun(own).entries.sent).toEqual(own);
});

test("every change is told, and the form of the sheet stays as it was", () => {
  const { entries, clock, changes } = begun();
  entries.answer("verdict", "reject");
  entries.judge("p1", "similar", "yes");
  entries.mark(["a box"]);
  clock.seconds = 12;
  expect(entries.sent).toEqual({
    answers: { verdict: "reject" },
    judgements: { p1: { usefulness: "useful", similar: "yes" } },
    marks: ["a box"], revision: 2, active_seconds: 12,
  });
  expect(changes()).toBe(3);
  expect([FORM.answers.verdict, FORM.judgements.p1.similar]).toEqual(["accept", undefined]);
});

test("only an artefact has a kind", () => {
  const { entries } = begun();
  entries.judge("p1", "usefulness", "artefact");
  entries.judge("p1", "artefact", "border");
  expect(entries.judgements.p1.artefact).toBe("border");
  entries.judge("p1", "usefulness", "useful");
  expect(entries.judgements.p1).toEqual({ usefulness: "useful", artefact: null });
});

test("a heatmap is judged by its name, and no name stays without a judgement", () => {
  const { entries } = begun();
  entries.judgeMap("node", "agree");
  expect(entries.answers).toMatchObject({ region: "agree", judged_map: "node" });
  entries.judgeMap("node", null);
  expect(entries.answers).toMatchObject({ region: null, judged_map: null });
});

test("a region that is tried is no finding", () => {
  const [box, region] = [{ purpose: "finding" }, { purpose: "region" }];
  expect(parted([box, region])).toEqual({ entered: [box], region: [region] });
});
