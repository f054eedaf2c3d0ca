import { Requests } from "../../../../../../app/viewer/source/room/case/requests.js";

test("the newest revision is sent from its place, and what is on its way by its own id", async () => {
  const asked = [];
  const opened = { path: "c1/0", caseId: "c1", change: async (path) => asked.push(path) };
  const requests = new Requests(opened, { expect: () => {} });
  await requests.send("send");
  await requests.send("sending/s1/retry");
  expect(asked).toEqual(["send/c1/0", "sending/s1/retry"]);
});
