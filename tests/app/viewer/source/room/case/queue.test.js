import { Queue } from "../../../../../../app/viewer/source/room/case/queue.js";
import { later, server } from "../answers.js";

const QUEUE = { rows: [], text: "", previous: "a", next: "c", next_pixels: "/pixels/c" };
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
  await queue.load("b", "?status=new&find=a%20b", OPEN);
  expect(asked).toEqual(["queue/b?status=new&find=a+b"]);
  expect([queue.previous, queue.next]).toEqual(["a", "c"]);
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
  await loading;
  expect([queue.next, shown, fetched]).toEqual(["", [], []]);
});

test("without an answer the queue stays as it is", async () => {
  const { queue } = queueing({ "queue/b": QUEUE, "queue/c": new Error("lost") });
  await queue.load("b", "", OPEN);
  await queue.load("c", "", OPEN);
  expect(queue.next).toBe("c");
});
