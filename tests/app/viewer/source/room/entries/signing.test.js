import { Signing } from "../../../../../../app/viewer/source/room/entries/signing.js";
import { Lost, Refusal } from "../../../../../../app/viewer/source/room/server.js";
import { later, server } from "../answers.js";

function signing(answers, { stage = "revealed", may = true } = {}) {
  const done = [];
  const note = (name) => (...given) => { done.push([name, ...given]); };
  const controller = new AbortController();
  const opened = {
    caseId: "a", path: "a/0", signal: controller.signal, sheet: { stage, form: { may_sign: may } },
    beginAgain: note("begin again"), refresh: note("refresh"), fail: note("fail"),
  };
  const { ask, asked } = server(answers);
  const made = new Signing(
    { opened, entries: { sent: { answers: {} } }, drafts: { forget: note("forget") } },
    { signed: note("signed"), refused: note("refused"), goOn: note("go on") }, ask);
  return { made, opened, asked, done, leave: () => controller.abort(), names: () => done.map(([name]) => name) };
}

test("a signature is followed by the next image, a lock by the reveal of this one", async () => {
  const answer = { revision: 1, text: "Signed." };
  const signed = signing({ "sign/a/0": answer });
  await signed.made.press();
  expect(signed.asked).toEqual([["sign/a/0", { answers: {} }]]);
  expect(signed.done).toEqual([["forget", "a/0"], ["signed", "a", answer], ["go on", answer]]);
  const locked = signing({ "lock/a/0": {} }, { stage: "blind" });
  await locked.made.press();
  expect(locked.asked).toEqual([["lock/a/0", { answers: {} }]]);
  expect(locked.names()).toEqual(["forget", "signed", "begin again"]);
});

test("a second press while the first is on its way signs nothing", async () => {
  const slow = later();
  const { made, asked } = signing({ "sign/a/0": slow.answer });
  const first = made.press();
  await made.press();
  slow.come({});
  await first;
  expect(asked).toHaveLength(1);
  await made.press();
  expect(asked).toHaveLength(2);
});

test("nothing is signed where the form does not allow it, or is not there", async () => {
  const { made, opened, asked } = signing({}, { may: false });
  await made.press();
  opened.sheet = null;
  await made.press();
  expect(asked).toEqual([]);
});

test("what is not signed stays a draft; where somebody was faster, their revision is shown", async () => {
  const lost = signing({ "sign/a/0": new Lost("nobody") });
  await lost.made.press();
  expect(lost.names()).toEqual(["refused"]);
  const late = signing({ "sign/a/0": new Refusal("There is a newer revision.", 409) });
  await late.made.press();
  expect(late.names()).toEqual(["refused", "refresh"]);
});

test("a reader who went on meanwhile stays where they are", async () => {
  const slow = later();
  const { made, leave, names } = signing({ "sign/a/0": slow.answer });
  const pressed = made.press();
  leave();
  slow.come({});
  await pressed;
  expect(names()).toEqual(["forget", "signed"]);
});

test("entries are thrown away here and on the server, or that is tried again", async () => {
  const { made, asked, names } = signing({});
  await made.discard();
  expect(asked).toEqual([["discard/a/0", {}]]);
  expect(names()).toEqual(["forget", "begin again"]);
  const lost = signing({ "discard/a/0": new Lost("nobody") });
  await lost.made.discard();
  expect(lost.names()).toEqual(["forget", "fail"]);
});
