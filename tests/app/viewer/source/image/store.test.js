import { SampleStore } from "../../../../../app/viewer/source/image/store.js";

const answer = (bytes) => ({ header: {}, samples: new Uint8Array(bytes) });

test("what was fetched is not fetched again, nor what is on its way", async () => {
  const asked = [];
  const store = new SampleStore(100, async (url) => { asked.push(url); return answer(10); });
  await Promise.all([store.get("a", ""), store.get("a", "")]);
  await store.prefetch("b");
  await store.get("b", "");
  expect(asked).toEqual(["a", "b"]);
});

test("what was wanted longest ago goes first, and what is too large alone stays as long as it is wanted", async () => {
  const store = new SampleStore(100, async (url) => answer(Number(url.split(" ")[1])));
  for (const url of ["a 40", "b 40", "a 40", "c 40"]) await store.get(url, "");
  expect(["a 40", "b 40", "c 40"].map((url) => store.has(url))).toEqual([true, false, true]);
  await store.get("d 300", "");
  expect(store.has("d 300")).toBe(true);
  await store.get("e 10", "");
  expect([store.has("d 300"), store.has("e 10")]).toEqual([false, true]);
  expect([store.hasRoom(90), store.hasRoom(91)]).toEqual([true, false]);
});

test("a fetch that failed is tried again", async () => {
  let times = 0;
  const store = new SampleStore(100, async () => {
    times += 1;
    if (times === 1) throw new Error("no");
    return answer(1);
  });
  await store.prefetch("a");
  expect(store.has("a")).toBe(false);
  await store.get("a", "");
  expect(times).toBe(2);
});
