import { Frames, nearest } from "../../../../../app/viewer/source/image/frames.js";

test("the nearest frames are fetched first, the next before the last", () => {
  expect(nearest(2, 5)).toEqual([3, 1, 4, 0]);
  expect(nearest(0, 1)).toEqual([]);
});

function stored(room) {
  const held = new Set();
  return {
    held,
    has: (url) => held.has(url),
    hasRoom: (bytes) => bytes * (held.size + 1) <= room,
    prefetch: async (url) => { held.add(url); },
  };
}

test("frames are fetched ahead while there is room", async () => {
  const store = stored(30);
  const frames = new Frames(store, async () => {}, () => {});
  Object.assign(frames, { frame: 4, count: 9, url: (frame) => `f${frame}` });
  await frames.fetchAhead(10);
  expect([...store.held]).toEqual(["f5", "f3", "f6"]);
});

test("frames are played round and round until they are stopped", async () => {
  const shown = [];
  const frames = new Frames(stored(0), async (frame) => {
    shown.push(frame);
    frames.frame = frame;
    if (shown.length === 4) frames.stop();
  }, () => {});
  Object.assign(frames, { frame: 1, count: 3, rate: 1000 });
  await frames.play();
  expect(shown).toEqual([2, 0, 1, 2]);
  expect(frames.plays).toBe(false);
});
