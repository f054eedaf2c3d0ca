import { Claims } from "../../../../../../app/viewer/source/room/case/claims.js";
import { later, server } from "../answers.js";

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

function claiming(answers = {}) {
  const page = new EventTarget();
  const said = [];
  const { ask, asked } = server(answers);
  const options = [];
  const claims = new Claims((text) => said.push(text), {
    page,
    ask: (path, body, more) => {
      options.push(more);
      return ask(path, body);
    },
  });
  return { claims, page, said, options, paths: () => asked.map(([path]) => path) };
}

function shown(persisted) {
  return Object.assign(new Event("pageshow"), { persisted });
}

test("a case is claimed, again while it is read, and released when another is taken", async () => {
  const { claims, paths } = claiming();
  await claims.take("a");
  await vi.advanceTimersByTimeAsync(240_000);
  await claims.take("b");
  expect(paths()).toEqual(["claim/a", "claim/a", "release/a", "claim/b"]);
  claims.release();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(paths().slice(4)).toEqual(["release/b"]);
});

test("a closed tab frees its case by a request that outlives it", async () => {
  const { claims, page, paths, options } = claiming();
  page.dispatchEvent(new Event("pagehide"));
  expect(paths()).toEqual([]);
  await claims.take("a");
  page.dispatchEvent(new Event("pagehide"));
  expect(paths()).toEqual(["claim/a", "release/a"]);
  expect(options.at(-1)).toEqual({ keepalive: true });
});

test("a page that comes back out of the browser's memory claims its case again", async () => {
  const { claims, page, paths } = claiming();
  await claims.take("a");
  page.dispatchEvent(new Event("pagehide"));
  page.dispatchEvent(shown(false));
  page.dispatchEvent(shown(true));
  expect(paths()).toEqual(["claim/a", "release/a", "claim/a"]);
});

test("a room that was left claims and releases nothing more", async () => {
  const { claims, page, paths } = claiming();
  await claims.take("a");
  claims.destroy();
  page.dispatchEvent(new Event("pagehide"));
  page.dispatchEvent(shown(true));
  await vi.advanceTimersByTimeAsync(600_000);
  expect(paths()).toEqual(["claim/a", "release/a"]);
});

test("who else works on it is told, but not on the next case", async () => {
  const slow = later();
  const { claims, said } = claiming({ "claim/a": slow.answer, "claim/b": { text: "Ada works on this case too." } });
  const first = claims.take("a");
  await claims.take("b");
  slow.come({ text: "Bob works on this case too." });
  await first;
  expect(said).toEqual(["Ada works on this case too."]);
});

test("without an answer reading goes on", async () => {
  const { claims, said } = claiming({ "claim/a": new Error("lost"), "release/a": new Error("lost") });
  await claims.take("a");
  claims.release();
  expect(said).toEqual([]);
});
