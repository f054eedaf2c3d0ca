import { Ahead } from "../../../../../../app/viewer/source/room/case/ahead.js";

function fetching(sheets) {
  const asked = [];
  const ahead = new Ahead(
    async (caseId) => {
      asked.push(caseId);
      if (!sheets[caseId]) throw new Error("no");
      return sheets[caseId];
    },
    (pixels) => asked.push(pixels),
  );
  return { ahead, asked };
}

test("sheet and image of the next case are fetched once", async () => {
  const { ahead, asked } = fetching({ b: "sheet of b" });
  ahead.fetch("b", "/pixels/b");
  ahead.fetch("b", "/pixels/b");
  expect(asked).toEqual(["b", "/pixels/b"]);
  expect(ahead.take("a")).toBeNull();
  expect(await ahead.take("b")).toBe("sheet of b");
});

test("a sheet is taken once: what is done with the case is not on it", async () => {
  const { ahead, asked } = fetching({ b: "sheet of b" });
  ahead.fetch("b", "/pixels/b");
  ahead.take("b");
  expect(ahead.take("b")).toBeNull();
  ahead.fetch("b", "/pixels/b");
  expect(asked.filter((what) => what === "b")).toHaveLength(2);
});

test("a failure is told when the case is wanted, not before", async () => {
  const { ahead } = fetching({});
  ahead.fetch("gone", "/pixels/gone");
  expect(await ahead.take("gone")).toBeNull();
});

test("after the last case nothing is fetched", () => {
  const { ahead, asked } = fetching({});
  ahead.fetch("", "");
  expect(asked).toEqual([]);
});
