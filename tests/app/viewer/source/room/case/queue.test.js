import { Queue } from "../../../../../../app/viewer/source/room/case/queue.js";
import { later, server } from "../answers.js";

const QUEUE = { rows: [], text: "", previous: "a", next: "c", next_pixels: "/pixels/c" };
const LAST = { rows: [], text: "", previous: "b", next: "", next_pixels: "" };
const OPEN = new AbortController().signal;

function queueing(answers) {
  const { ask, asked } = server(answers);
  const shown = [];
  const fetched = [];
  const ahead = { fetch: (...what) => fetched.push(what) };
  return { queue: new Queue((...what) => shown.push(what), ahead, ask), asked, shown, fetched };
}

test("the queue goes by the filters in the address, and the next case is fetched ahead", async () => {
  const { queue, asked, shown, fetched } = queueing({ "queue/b": QUEUE });
  expect(await queue.load("b", "?status=new&find=a%20b", OPEN)).toEqual(QUEUE);
  expect(asked).toEqual(["queue/b?status=new&find=a+b"]);
  expect(shown).toEqual([[QUEUE, "b"]]);
  expect(fetched).toEqual([["c", "/pixels/c"]]);
});

test("an answer that comes after another case was opened changes nothing", async () => {
  const slow = later();
  const { queue, shown, fetched } = queueing({ "queue/b": slow.answer });
  const opening = new AbortController();
  const loading = queue.load("b", "", opening.signal);
  opening.abort();
  slow.come(QUEUE);
  expect([await loading, shown, fetched]).toEqual([null, [], []]);
});

test("what is known is not asked for again", async () => {
  const { queue, asked } = queueing({ "queue/b": QUEUE });
  await queue.load("b", "", OPEN);
  expect(await queue.beside("b", "", OPEN)).toEqual(QUEUE);
  expect(asked).toHaveLength(1);
});

test("a key that is pressed before the queue is there waits for it, and never takes that of another case", async () => {
  const slow = later();
  const { queue } = queueing({ "queue/b": QUEUE, "queue/c": slow.answer });
  await queue.load("b", "", OPEN);
  const pressed = queue.beside("c", "", OPEN);
  slow.come(LAST);
  expect(await pressed).toEqual(LAST);
});

test("the queue of other filters, or of a study, is another one", async () => {
  const { queue, asked } = queueing({ "queue/b": QUEUE });
  await queue.load("b", "", OPEN);
  await queue.beside("b", "?study=s1", OPEN);
  expect(asked).toEqual(["queue/b?", "queue/b?study=s1"]);
});

test("after a lost answer it is asked for again", async () => {
  const { queue, asked } = queueing({ "queue/b": new Error("lost") });
  await expect(queue.load("b", "", OPEN)).rejects.toThrow("lost");
  await expect(queue.beside("b", "", OPEN)).rejects.toThrow("lost");
  expect(asked).toHaveLength(2);
});
