import { Drafts } from "../../../../../../app/viewer/source/room/entries/drafts.js";
import { Lost, Refusal } from "../../../../../../app/viewer/source/room/server.js";
import { server } from "../answers.js";

let kept;
let page;

beforeEach(() => {
  vi.useFakeTimers();
  kept = new Map();
  page = new EventTarget();
  vi.stubGlobal("window", page);
  vi.stubGlobal("sessionStorage", {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, text) => kept.set(name, text),
    removeItem: (name) => kept.delete(name),
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function drafting(answers = { "draft/a/0": { saved_at: "12:00" } }) {
  const { ask, asked } = server(answers);
  const told = [];
  return { drafts: new Drafts((...state) => told.push(state), ask), asked, answers, told };
}

test("what is written quickly is sent once, and kept in this tab until then", async () => {
  const { drafts, asked, told } = drafting();
  drafts.change("a/0", { text: "a" });
  await vi.advanceTimersByTimeAsync(500);
  drafts.change("a/0", { text: "ab" });
  expect(Drafts.recall("a/0")).toEqual({ text: "ab" });
  await vi.advanceTimersByTimeAsync(1200);
  expect(asked).toEqual([["draft/a/0", { text: "ab" }]]);
  expect(told.at(-1)).toEqual(["kept", "12:00"]);
  expect(Drafts.recall("a/0")).toBeNull();
});

test("a draft of one image is sent before another one begins", async () => {
  const { drafts, asked } = drafting();
  drafts.change("a/0", { text: "a" });
  drafts.change("b/0", { text: "b" });
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked.map(([path]) => path)).toEqual(["draft/a/0", "draft/b/0"]);
});

test("a lost server is asked again, and this tab keeps the entries meanwhile", async () => {
  const { drafts, answers, told } = drafting({ "draft/a/0": new Lost("nobody") });
  drafts.change("a/0", { text: "a" });
  await vi.advanceTimersByTimeAsync(1300);
  expect(told.at(-1)).toEqual(["lost", ""]);
  expect(Drafts.recall("a/0")).toEqual({ text: "a" });
  answers["draft/a/0"] = { saved_at: "12:01" };
  await vi.advanceTimersByTimeAsync(3000);
  expect(told.at(-1)).toEqual(["kept", "12:01"]);
});

test("what the server refuses is told and not sent again", async () => {
  const { drafts, asked, told } = drafting({ "draft/a/0": new Refusal("Too long.", 400) });
  drafts.change("a/0", { text: "a" });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(told.at(-1)).toEqual(["refused", "Too long."]);
  expect(asked).toHaveLength(1);
});

test("what was signed is no draft any more; what was not is sent when the page is left", async () => {
  const { drafts, asked } = drafting();
  drafts.change("a/0", { text: "a" });
  drafts.forget("a/0");
  page.dispatchEvent(new Event("pagehide"));
  expect(asked).toEqual([]);
  drafts.change("a/0", { text: "b" });
  page.dispatchEvent(new Event("pagehide"));
  expect(asked).toEqual([["draft/a/0", { text: "b" }]]);
});
