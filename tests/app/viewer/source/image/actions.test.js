import { actionOf, keyName } from "../../../../../app/viewer/source/image/actions.js";

const key = (name, more = {}) => ({ key: name, code: "", ctrlKey: false, shiftKey: false, metaKey: false, altKey: false, ...more });

test("a key has one name on every keyboard", () => {
  expect(keyName(key("i"))).toBe("I");
  expect(keyName(key("I", { shiftKey: true }))).toBe("Shift+I");
  expect(keyName(key("\"", { code: "Digit2", shiftKey: true }))).toBe("Shift+2");
  expect(keyName(key("+", { shiftKey: true }))).toBe("+");
  expect(keyName(key("="))).toBe("+");
  expect(keyName(key("ArrowLeft", { shiftKey: true }))).toBe("Shift+ArrowLeft");
  expect(keyName(key("z", { ctrlKey: true }))).toBe("Ctrl+Z");
});

test("keys of the system are left to it", () => {
  const actions = [{ id: "invert", key: "I" }, { id: "bare", key: "" }];
  expect(actionOf(key("i"), actions).id).toBe("invert");
  expect(actionOf(key("i", { metaKey: true }), actions)).toBeUndefined();
  expect(actionOf(key("i", { ctrlKey: true }), actions)).toBeUndefined();
  expect(actionOf(key(""), actions)).toBeUndefined();
});
