import { besideTable, RowValues } from "../../../../../../app/viewer/source/room/row/values.js";

const WORDS = {
  values: "Values", attribute: "Attribute", value: "Value", unit: "Unit", this_row: "This row", training_row: "Training row",
  marked: "Marked", differs: "What differs", what_if: "What if", hide_value: "Hide", hide_value_of: "Hide {}",
  other_value_of: "Another {}",
};
const RADIUS = { name: "radius", text: "10.5", unit: "mm", note: "", choices: [], can_hide: true };
const STAGE = { name: "stage", text: "early", unit: "", note: "", choices: ["early", "late"], can_hide: true };
const MISSING = { ...RADIUS, text: "missing", note: "Read as 13 mm.", can_hide: false };
const SHEET = { kind: "row", values: [RADIUS, STAGE], cards: [{}], stage: "free", hides_network: false };

class Node {
  constructor(tag) { Object.assign(this, { tag, children: [], attributes: {}, acts: {}, style: {}, dataset: {}, drawn: 0 }); }
  append(...children) { this.children.push(...children); }
  replaceChildren(...children) { Object.assign(this, { children, drawn: this.drawn + 1 }); }
  setAttribute(name, value) { this.attributes[name] = value; }
  addEventListener(name, act) { this.acts[name] = act; }
  getRootNode() { return { activeElement: this.focused ?? null }; }
  querySelector(selector) { return this.all.find((node) => selector === `[data-tries="${node.attributes?.["data-tries"]}"]`); }
  focus() { this.isFocused = true; }
  get all() { return [this, ...this.children.flatMap((child) => child?.all ?? [])]; }
  get text() { return this.children.map((child) => child?.text ?? child).join(""); }
}

beforeEach(() => {
  vi.stubGlobal("document", { createElement: (tag) => new Node(tag) });
  vi.stubGlobal("CSS", { escape: (text) => text });
});
afterEach(() => { vi.unstubAllGlobals(); });

function shown(sheet = {}, map = null, tried = {}) {
  const changes = [];
  const values = new RowValues(WORDS, (...change) => changes.push(change));
  values.show({ ...SHEET, ...sheet }, map, tried);
  const of = (tag) => values.root.all.filter((node) => node.tag === tag);
  const by = (name) => values.root.all.find((node) => node.attributes["data-tries"] === name);
  return { values, changes, of, by, lines: of("tr").map((row) => row.children.map((cell) => cell.text)) };
}

test("an image has no values, and a row that is followed by one puts its away", () => {
  const { values } = shown({ kind: "image" });
  expect(values.root.hidden).toBe(true);
  values.show(SHEET, null, {});
  expect(values.root.hidden).toBe(false);
  values.show({ ...SHEET, kind: "image" }, null, {});
  expect([values.root.hidden, values.root.children]).toEqual([true, []]);
});

test("each value stands with its unit, and what is said of it", () => {
  const { lines, of } = shown({ values: [MISSING], cards: [] });
  expect(lines).toEqual([["Attribute", "Value", "Unit"], ["radius", "missing Read as 13 mm.", "mm"]]);
  expect(of("span").map((node) => node.className)).toEqual(["caution"]);
  expect([...of("input"), ...of("button")]).toEqual([]);
});

test("a table without units has no column for them", () => {
  const { lines } = shown({ values: [STAGE], cards: [] });
  expect(lines).toEqual([["Attribute", "Value"], ["stage", "early"]]);
});

test("what the heatmap marks stands before the values, its longest bar whole", () => {
  const shares = [{ name: "stage", value: 0.5, text: "50 %" }, { name: "radius", value: 0.25, text: "25 %" }];
  const { lines, of, values } = shown({}, { shares, title: "Class late" });
  expect(lines.slice(0, 2)).toEqual([["stage", "", "50 %"], ["radius", "", "25 %"]]);
  expect(of("caption").map((node) => node.text)).toEqual(["Marked: Class late", "Values"]);
  expect(of("span").map((node) => node.style.width)).toEqual(["100%", "50%"]);
  values.show(SHEET, { shares: [], title: "Class late" }, {});
  expect(of("caption").map((node) => node.text)).toEqual(["Values"]);
});

test("where nothing is marked at all no bar is drawn", () => {
  const { of } = shown({}, { shares: [{ name: "stage", value: 0, text: "0 %" }], title: "Class late" });
  expect(of("span").map((node) => node.style.width)).toEqual(["0%"]);
});

test("a value is hidden and shown again by the same button", () => {
  const { by, changes, values } = shown();
  expect(by("hide radius").attributes["aria-pressed"]).toBe("false");
  by("hide radius").acts.click();
  values.show(SHEET, null, { radius: null });
  expect(by("hide radius").attributes["aria-pressed"]).toBe("true");
  by("hide radius").acts.click();
  expect(changes).toEqual([["radius", null], ["radius", undefined]]);
});

test("another value is written or chosen, and an empty field is the value as it is", () => {
  const { by, changes, of } = shown({}, null, { radius: "12" });
  expect(by("value radius").attributes.value).toBe("12");
  by("value radius").acts.change({ target: { value: " 20 " } });
  by("value radius").acts.change({ target: { value: " " } });
  expect(of("option").map((node) => node.attributes.value)).toEqual(["", "late"]);
  by("value stage").acts.change({ target: { value: "late" } });
  expect(changes).toEqual([["radius", "20"], ["radius", undefined], ["stage", "late"]]);
  expect(of("tr").filter((node) => node.className === "tried").length).toBe(1);
});

test("what is missing cannot be hidden", () => {
  const { by } = shown({ values: [MISSING, STAGE] });
  expect("disabled" in by("hide radius").attributes).toBe(true);
  expect("disabled" in by("hide stage").attributes).toBe(false);
});

test.each([{ stage: "blind" }, { hides_network: true }, { cards: [] }])("nothing is tried before the evidence is there: %o", (sheet) => {
  expect(shown(sheet).of("button")).toEqual([]);
});

test("it is drawn anew only where it is another, and the field in which a hand is keeps it", () => {
  const { values, by } = shown();
  const before = by("value radius");
  values.show({ ...SHEET }, null, {});
  expect(by("value radius")).toBe(before);
  values.root.focused = { dataset: { tries: "value radius" } };
  values.show(SHEET, null, { radius: "20" });
  expect(by("value radius")).not.toBe(before);
  expect(by("value radius").isFocused).toBe(true);
});

test("a training row stands beside this one, and what differs says so without colour", () => {
  const table = besideTable(WORDS, [RADIUS, STAGE], [
    { name: "radius", text: "14", sign: "▲", hint: "Higher" }, { name: "stage", text: "early", sign: "", hint: "" },
  ]);
  const rows = table.all.filter((node) => node.tag === "tr");
  expect(rows.map((row) => row.children.map((cell) => cell.text))).toEqual([
    ["Attribute", "This row", "Training row"], ["radius", "10.5", "▲ 14"], ["stage", "early", " early"]]);
  expect(rows.map((row) => row.className)).toEqual([undefined, "differs", ""]);
  expect(table.all.find((node) => node.className === "sign").attributes["aria-label"]).toBe("Higher");
});

test("a row whose values are gone still stands beside its training rows", () => {
  const table = besideTable(WORDS, [], [{ name: "radius", text: "14", sign: "", hint: "" }]);
  expect(table.all.filter((node) => node.tag === "td").map((node) => node.text)).toEqual(["", " 14"]);
});
