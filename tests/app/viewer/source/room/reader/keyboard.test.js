import { Keyboard, keyName, keyText } from "../../../../../../app/viewer/source/room/reader/keyboard.js";

const FREE = { ctrlKey: false, shiftKey: false, metaKey: false, altKey: false };
const KEYS = [
  { id: "accept", key: "a" },
  { id: "sign", key: "Ctrl+Enter" },
  { id: "cancel", key: "Escape" },
  { id: "next-prototype", key: "ArrowRight" },
];
const key = (name, more = {}) => ({ key: name, code: "", ...FREE, ...more });

/** A keyboard, and what it did; `press` says whether the browser is left out of it. */
function keyboard() {
  const target = new EventTarget();
  const done = [];
  const made = new Keyboard(KEYS, (id, isDown) => {
    done.push([id, isDown]);
    return id !== "cancel";
  }, target);
  const press = (name, more = {}, on = {}, kind = "keydown") => {
    const event = Object.assign(new Event(kind, { cancelable: true }), key(name, { code: name, ...more }));
    event.composedPath = () => [on];
    target.dispatchEvent(event);
    return event.defaultPrevented;
  };
  return { made, done, press };
}

test("a key has one name on every keyboard", () => {
  expect(keyName(key("I"))).toBe("i");
  expect(keyName(key("I", { shiftKey: true }))).toBe("Shift+i");
  expect(keyName(key("\"", { code: "Digit2", shiftKey: true }))).toBe("Shift+2");
  expect(keyName(key("?", { shiftKey: true }))).toBe("?");
  expect(keyName(key("ArrowLeft", { shiftKey: true }))).toBe("Shift+ArrowLeft");
  expect(keyName(key("z", { metaKey: true }))).toBe("Ctrl+z");
  expect(keyText("Ctrl+z")).toBe("Ctrl+Z");
});

test("a key that did something is nobody else's; one that is held acts once until it is let go", () => {
  const { done, press } = keyboard();
  expect(press("a")).toBe(true);
  expect(press("a", { repeat: true })).toBe(true);
  press("a", {}, {}, "keyup");
  expect(done).toEqual([["accept", true], ["accept", false]]);
  expect(press("Escape")).toBe(false);
  expect(press("y")).toBe(false);
  expect(press("Shift")).toBe(false);
});

test("in a field keys write, but for those that sign and that leave it", () => {
  const { done, press } = keyboard();
  const [field, slider] = [{ tagName: "TEXTAREA", type: "textarea" }, { tagName: "INPUT", type: "range" }];
  press("a", {}, field);
  press("Enter", { ctrlKey: true }, field);
  press("Escape", {}, field);
  press("a", {}, slider);
  expect(done).toEqual([["sign", true], ["cancel", true], ["accept", true]]);
});

test("arrows go from answer to answer where one of them has the focus", () => {
  const { done, press } = keyboard();
  const answer = { tagName: "BUTTON", type: "button", closest: (selector) => selector === ".segments" };
  press("ArrowRight", {}, answer);
  press("ArrowRight");
  expect(done).toEqual([["next-prototype", true]]);
});

test("the next key can be asked for, and Escape asks for none", () => {
  const { made, done, press } = keyboard();
  const asked = [];
  for (const name of ["q", "Escape"]) {
    made.capture((answer) => asked.push(answer));
    press(name);
  }
  expect(asked).toEqual(["q", null]);
  made.setKeys([{ id: "accept", key: "q" }]);
  press("q");
  press("a");
  expect(done).toEqual([["accept", true]]);
});
