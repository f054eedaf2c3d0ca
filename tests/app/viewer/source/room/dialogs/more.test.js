import { more } from "../../../../../../app/viewer/source/room/dialogs/more.js";

const FACTS = {
  details: [], batch: "", site: "", study: [], priors: [], twins: [], report: "", dicom: "", may_delete: false, send: "", sending: [],
};
const WORDS = { settings: "This room", sending: "To archives" };

class Node {
  constructor(tag) { Object.assign(this, { tag, children: [], attributes: {}, acts: {} }); }
  append(...children) { this.children.push(...children); }
  setAttribute(name, value) { this.attributes[name] = value; }
  addEventListener(name, act) { this.acts[name] = act; }
  get all() { return [this, ...this.children.flatMap((child) => child?.all ?? [])]; }
  get text() { return this.children.map((child) => child?.text ?? child).join(""); }
}

beforeEach(() => { vi.stubGlobal("document", { createElement: (tag) => new Node(tag) }); });
afterEach(() => { vi.unstubAllGlobals(); });

function shown(facts) {
  const sent = [];
  const nodes = more(WORDS, { ...FACTS, ...facts }, null, { send: (path) => sent.push(path) }).flatMap((node) => node.all);
  const press = (name) => nodes.find((node) => node.attributes["data-action"] === name).acts.click();
  return { texts: nodes.map((node) => node.text), press, sent };
}

test("where nothing is sent nothing is said of it", () => {
  expect(shown({}).texts).not.toContain("To archives");
});

test("the newest revision is sent by a button", () => {
  const { texts, press, sent } = shown({ send: "Send to main" });
  expect(texts).toContain("To archives");
  press("send");
  expect(sent).toEqual(["send"]);
});

test("what is on its way says how far it is, and is tried again or cancelled by its own id", () => {
  const actions = [{ id: "retry", title: "Send now", hint: "h" }, { id: "cancel", title: "Do not send", hint: "" }];
  const { texts, press, sent } = shown({ sending: [{ id: "s1", text: "Waiting for main.", actions }] });
  expect(texts).toContain("Waiting for main.");
  press("retry");
  press("cancel");
  expect(sent).toEqual(["sending/s1/retry", "sending/s1/cancel"]);
});
