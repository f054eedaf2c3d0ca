// Entry of the component: Streamlit calls `mount` on every rerun with the data of that rerun.

import { Room } from "./room.js";

const rooms = new WeakMap();

/** @returns {Function} what Streamlit calls when the component leaves the page */
export function mount({ parentElement, data, setTriggerValue }) {
  let room = rooms.get(parentElement);
  const leave = () => setTriggerValue("leave", true);
  if (!room) {
    room = new Room(parentElement, data, leave);
    rooms.set(parentElement, room);
  }
  room.leave = leave;
  room.visit(data.case, data.study);
  return () => {
    rooms.delete(parentElement);
    room.destroy();
  };
}
