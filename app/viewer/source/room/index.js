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
  // A rerun that names another case was asked for by the page, such as a link to it.
  if (data.case !== room.given || data.study !== room.study) {
    room.given = data.case;
    room.study = data.study;
    room.open(data.case);
  }
  return () => {
    rooms.delete(parentElement);
    room.destroy();
  };
}
