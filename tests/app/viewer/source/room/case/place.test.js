import { placePath } from "../../../../../../app/viewer/source/room/case/place.js";

test("a place is named as the routes name it", () => {
  expect(placePath({ caseId: "a", frame: 0, study: "" })).toBe("a/0");
  expect(placePath({ caseId: "a", frame: 2, study: "s&t" })).toBe("a/2?study=s%26t");
  expect(placePath({ caseId: "a", frame: 2, study: "s" }, { anyway: 1 })).toBe("a/2?study=s&anyway=1");
});
