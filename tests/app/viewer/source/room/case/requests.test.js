import { Requests } from "../../../../../../app/viewer/source/room/case/requests.js";

function asking(isDone) {
  const asked = [];
  const opened = {
    path: "c1/0",
    send: async (path) => { asked.push(path); return isDone; },
    refresh: async () => asked.push("refresh"),
  };
  return { requests: new Requests(opened, {}), asked };
}

test("the newest revision is sent from its place, and what is on its way by its own id", async () => {
  const { requests, asked } = asking(true);
  expect(await requests.send("send")).toBe(true);
  expect(await requests.send("sending/s1/retry")).toBe(true);
  expect(asked).toEqual(["send/c1/0", "refresh", "sending/s1/retry", "refresh"]);
});

test("what was not done changes nothing that is shown", async () => {
  const { requests, asked } = asking(false);
  expect(await requests.send("send")).toBe(false);
  expect(asked).toEqual(["send/c1/0"]);
});
