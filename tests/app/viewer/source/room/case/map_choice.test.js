import { MapChoice } from "../../../../../../app/viewer/source/room/case/map_choice.js";

const map = (id, url = `/${id}`) => ({ id, url, palette: "finding" });
const sheet = (maps, work = []) => ({ maps, work });

test("heatmaps begin switched off, and the first one is offered", () => {
  const maps = new MapChoice();
  expect(maps.isOn).toBe(false);
  expect(maps.of([map("one"), map("two")]).id).toBe("one");
  expect(maps.of([])).toBeNull();
});

test("the chosen one stays, wherever it stands in the list", () => {
  const maps = new MapChoice();
  maps.choose("two");
  expect(maps.isOn).toBe(true);
  expect(maps.of([map("three"), map("two")]).id).toBe("two");
});

test("a heatmap that was asked for is shown once it is there", () => {
  const maps = new MapChoice();
  maps.expect("two");
  maps.renew(sheet([map("one")], ["a job"]), sheet([map("one")]));
  expect(maps.isOn).toBe(false);
  maps.renew(sheet([map("one"), map("two")]), sheet([map("one")]));
  expect(maps.isOn).toBe(true);
  expect(maps.of([map("one"), map("two")]).id).toBe("two");
});

test("of one that is made again, the new one is waited for", () => {
  const maps = new MapChoice();
  maps.expect("one");
  maps.renew(sheet([map("one", "/old")], ["a job"]), sheet([map("one", "/old")]));
  expect(maps.isOn).toBe(false);
  maps.renew(sheet([map("one", "/new")], ["a job"]), sheet([map("one", "/old")]));
  expect(maps.isOn).toBe(true);
});

test("what is on its way does not undo the hand, nor come up on another image", () => {
  for (const hand of [(maps) => { maps.toggle(); maps.toggle(); }, (maps) => maps.begin()]) {
    const maps = new MapChoice();
    maps.expect("two");
    hand(maps);
    maps.renew(sheet([map("two")]), sheet([]));
    expect(maps.isOn).toBe(false);
  }
});

test("without a heatmap the prototype's contour lies over the image", () => {
  const maps = new MapChoice();
  const card = { heatmap: "/card", palette: "normal" };
  expect(maps.over(map("one"), card)).toEqual({ url: "/card", palette: "normal", mode: "contour" });
  expect(maps.over(map("one"), { heatmap: "" })).toBeNull();
  maps.choose("one");
  expect(maps.over(map("one"), card)).toEqual({ url: "/one", palette: "finding", mode: "colour" });
  expect(maps.over(null, card)).toBeNull();
});
