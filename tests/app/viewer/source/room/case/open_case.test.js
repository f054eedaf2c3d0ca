import { OpenCase } from "../../../../../../app/viewer/source/room/case/open_case.js";
import { Lost, Refusal } from "../../../../../../app/viewer/source/room/server.js";
import { later, server } from "../answers.js";

const sheet = (more = {}) => ({ case_id: "a", frames: 1, work: [], headline: null, ...more });

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

/** A case whose steps are written down; steps of a test's own go before. */
function opening(answers, own = {}) {
  const steps = [];
  const note = (name) => (...given) => { steps.push([name, ...given]); };
  const { ask, asked } = server(answers);
  const opened = new OpenCase({
    leave: async (isOther) => { steps.push(["leave", isOther]); },
    known: () => null,
    show: async (...image) => { steps.push(["show", ...image]); },
    begin: note("begin"),
    renew: note("renew"),
    ready: () => { steps.push(["ready"]); },
    tell: (state) => { steps.push(["tell", state]); },
    ...own,
  }, ask);
  return { opened, asked, steps, answers, named: (name) => steps.filter(([what]) => what === name) };
}

test("the reader leaves a case before another one is shown, and the image does not wait for its sheet", async () => {
  const slow = later();
  const { opened, steps } = opening({ "sheet/a/0": slow.answer });
  const done = opened.open({ caseId: "a" });
  await vi.advanceTimersByTimeAsync(0);
  expect(steps).toEqual([["leave", true], ["tell", "opening"], ["show", "a", 0, 1]]);
  slow.come(sheet());
  await done;
  expect(steps.slice(3)).toEqual([["begin", sheet(), true], ["ready"], ["tell", "ready"]]);
});

test("until its sheet is there nothing can be entered on it", async () => {
  const slow = later();
  const { opened } = opening({ "sheet/a/0": sheet(), "sheet/b/0": slow.answer });
  await opened.open({ caseId: "a" });
  expect(opened.sheet.case_id).toBe("a");
  const done = opened.open({ caseId: "b" });
  await vi.advanceTimersByTimeAsync(0);
  expect([opened.path, opened.sheet]).toEqual(["b/0", null]);
  slow.come(sheet({ case_id: "b" }));
  await done;
  expect(opened.sheet.case_id).toBe("b");
});

test("of two that are opened one after the other only the last one begins", async () => {
  const slow = later();
  const { opened, named } = opening({ "sheet/a/0": slow.answer, "sheet/b/0": sheet({ case_id: "b" }) });
  const first = opened.open({ caseId: "a" });
  await vi.advanceTimersByTimeAsync(0);
  await opened.open({ caseId: "b" });
  slow.come(sheet());
  await first;
  expect(named("begin").map(([, begun]) => begun.case_id)).toEqual(["b"]);
});

test("a step to the next frame does not wait for the sheet of the one before", async () => {
  const [many, slow] = [sheet({ frames: 3 }), later()];
  const { opened, named } = opening({ "sheet/a/0": many, "sheet/a/1": slow.answer, "sheet/a/2": many });
  await opened.open({ caseId: "a" });
  opened.open({ caseId: "a", frame: 1 });
  await vi.advanceTimersByTimeAsync(0);
  await opened.open({ caseId: "a", frame: 2 });
  expect(named("show").map(([, , frame, frames]) => [frame, frames]).slice(2, 4)).toEqual([[1, 3], [2, 3]]);
});

test("another frame of a case is no other case; the same case in a study is one", async () => {
  const many = sheet({ frames: 3 });
  const { opened, named } = opening({ "sheet/a/0": many, "sheet/a/2": many });
  await opened.open({ caseId: "a" });
  await opened.open({ caseId: "a", frame: 2 });
  await opened.open({ caseId: "a", study: "s" });
  expect(named("begin").map(([, , isOther]) => isOther)).toEqual([true, false, true]);
  expect(named("show")).toEqual([
    ["show", "a", 0, 1], ["show", "a", 0, 3],
    ["show", "a", 2, 3], ["show", "a", 2, 3],
    ["show", "a", 0, 1], ["show", "a", 0, 3],
  ]);
  expect(opened.path).toBe("a/0?study=s");
});

test("a sheet that was fetched ahead is shown at once, and looked at again", async () => {
  const old = sheet({ title: "old" });
  const { opened, asked, steps } = opening({ "sheet/a/0": sheet() }, { known: async () => old });
  await opened.open({ caseId: "a" });
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toEqual(["sheet/a/0"]);
  expect(steps.find(([what]) => what === "begin")[1]).toBe(old);
  expect(steps.at(-1)).toEqual(["renew", sheet(), old]);
});

test("while the worker works the sheet is asked for again, and no longer", async () => {
  const { opened, asked, answers, named } = opening({ "sheet/a/0": sheet({ work: ["a job"] }) });
  await opened.open({ caseId: "a" });
  await vi.advanceTimersByTimeAsync(850);
  expect(asked).toHaveLength(3);
  answers["sheet/a/0"] = sheet();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveLength(4);
  expect(named("renew")).toHaveLength(3);
});

test("a room that was left asks for nothing more", async () => {
  const { opened, asked } = opening({ "sheet/a/0": sheet({ headline: { tone: "waiting" } }) });
  await opened.open({ caseId: "a" });
  opened.destroy();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveLength(1);
});

test("a lost server is asked until it answers; the case then begins as another one", async () => {
  const { opened, answers, steps, named } = opening({ "sheet/a/0": new Lost("nobody") });
  await opened.open({ caseId: "a" });
  expect(steps.at(-1)).toEqual(["tell", "lost"]);
  answers["sheet/a/0"] = new Refusal("It starts.", 503);
  await vi.advanceTimersByTimeAsync(2000);
  expect(steps.at(-1)).toEqual(["tell", "lost"]);
  answers["sheet/a/0"] = sheet();
  await vi.advanceTimersByTimeAsync(2000);
  expect(named("begin")).toEqual([["begin", sheet(), true]]);
  expect(steps.at(-1)).toEqual(["tell", "ready"]);
});

test("a refusal is told and not asked for again", async () => {
  const { opened, asked, steps } = opening({ "sheet/a/0": new Refusal("There is no such case.", 404) });
  await opened.open({ caseId: "a" });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(steps.at(-1)).toEqual(["tell", "failed"]);
  expect(asked).toHaveLength(1);
});

test("what is sent changes the sheet; what is refused does not", async () => {
  const { opened, asked, answers, named } = opening({ "sheet/a/0": sheet() });
  await opened.open({ caseId: "a" });
  await opened.change("model/a", { model: "m" });
  expect(asked.slice(1)).toEqual([["model/a", { model: "m" }], "sheet/a/0"]);
  expect(named("renew")).toHaveLength(1);
  answers["cancel/j"] = new Refusal("It is done already.", 409);
  await opened.change("cancel/j");
  expect(named("renew")).toHaveLength(1);
  expect(await opened.send("cancel/j")).toBe(false);
});

test("an answer about the case before does not touch the one that is being opened", async () => {
  const [job, slow] = [later(), later()];
  const { opened, asked, named } = opening({ "sheet/a/0": sheet(), "sheet/b/0": slow.answer, "cancel/j": job.answer });
  await opened.open({ caseId: "a" });
  const changing = opened.change("cancel/j");
  const done = opened.open({ caseId: "b" });
  await vi.advanceTimersByTimeAsync(0);
  job.come({});
  await changing;
  slow.come(sheet({ case_id: "b" }));
  await done;
  expect(asked.filter((path) => path === "sheet/b/0")).toHaveLength(1);
  expect(named("renew")).toEqual([]);
});
