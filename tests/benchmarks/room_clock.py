"""A hand in the reading room whose waits are taken inside the browser."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

LEAST = 3  # times of each kind, however busy the machine is
# Notes what the room's parts say of themselves as they change, and when the screen shows it. The
# room lies in a shadow tree, into which an observer of the document does not see.
WATCH = """(() => {
  performance.setResourceTimingBufferSize(10000);
  const notes = { image: [], frame: [], case: [], presses: [] };
  globalThis.roomNotes = notes;
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => done(performance.now());
    after.port2.postMessage(null);
  }));
  const note = async (list, entry) => { list.push({ ...entry, at: await painted() }); };
  const observer = new MutationObserver((records) => {
    const now = new Map();
    for (const { target, attributeName: name, oldValue } of records.reverse()) {
      const key = target.dataset.noteKey ??= String(Math.random());
      const value = now.get(key + name) ?? target.getAttribute(name);
      now.set(key + name, oldValue ?? "");
      if (value === oldValue) continue;
      if (name === "data-case") note(notes.case, { value });
      if (!target.closest(".image-screen")) continue;
      if (name === "data-image" && value === "shown") note(notes.image, { value });
      if (name === "data-frame") note(notes.frame, { value });
    }
  });
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function attachShadow(...options) {
    const root = attach.apply(this, options);
    observer.observe(root, {
      subtree: true, attributeOldValue: true,
      attributeFilter: ["data-image", "data-frame", "data-case"],
    });
    return root;
  };
  addEventListener("keydown", ({ timeStamp }) => notes.presses.push({ at: timeStamp }), true);
})()"""
# The first note of a list that was made after a moment and says this value.
AWAIT = """async ([list, value, after, patience]) => {
  const end = performance.now() + patience;
  while (performance.now() < end) {
    const found = globalThis.roomNotes[list].find(
      (note) => note.at >= after && (value === null || note.value === value));
    if (found) return found.at;
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
  return null;
}"""
FETCHED = """async ([names, patience]) => {
  const end = performance.now() + patience;
  while (performance.now() < end) {
    const done = performance.getEntriesByType("resource").filter(({ responseEnd }) => responseEnd);
    if (names.every((name) => done.some((entry) => entry.name.includes(name)))) return true;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  return false;
}"""
PARTS = """(name) => {
  const entry = performance.getEntriesByType("resource").find((one) => one.name.includes(name));
  return [entry.requestStart, entry.responseStart, entry.responseEnd];
}"""
PLAIN = """async (url) => {
  const began = performance.now();
  const buffer = await (await fetch(url, { cache: "no-store" })).arrayBuffer();
  const fetched = performance.now();
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const samples = new Uint16Array(buffer, 4 + length);
  const grey = (code) => 0xff000000 + 0x010101 * (code >> 8);
  const table = Uint32Array.from({ length: 65536 }, (_, code) => grey(code));
  const pixels = new ImageData(header.columns, header.rows);
  const greys = new Uint32Array(pixels.data.buffer);
  for (let at = 0; at < greys.length; at += 1) greys[at] = table[samples[at]];
  const canvas = new OffscreenCanvas(header.columns, header.rows);
  canvas.getContext("2d", { alpha: false }).putImageData(pixels, 0, 0);
  const screen = new OffscreenCanvas(600, 600).getContext("2d", { alpha: false });
  screen.imageSmoothingQuality = "high";
  screen.drawImage(canvas, 0, 0, 600, 600);
  screen.getImageData(0, 0, 1, 1);
  return [fetched - began, performance.now() - fetched];
}"""


class Budget:
    """Seconds that a run may take."""

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic()
        self._seconds = seconds

    @property
    def spent(self) -> float:
        """So far."""
        return time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Until the end; at least one."""
        return max(1.0, self._seconds - self.spent)

    def allows(self, fraction: float, done: Sequence[float]) -> bool:
        """May one more be begun, of a kind that is to be over after this fraction of the whole?"""
        return len(done) < LEAST or self.spent < fraction * self._seconds

    def check(self, what: str) -> None:
        """
        Raises:
            SystemExit: the time is over.
        """
        if self.spent > self._seconds:
            raise SystemExit(f"This machine is too busy to measure on: {what} took too long.")


class Hand:
    """Somebody in front of one page."""

    def __init__(self, page: Page, address: str, budget: Budget) -> None:
        self.page = page
        self.address = address
        self._budget = budget
        page.set_default_timeout(1000 * budget.left)
        page.add_init_script(WATCH)

    def open(self, case: str) -> tuple[float, dict[str, float]]:
        """A case by its address: seconds from the start of the navigation, and the
        moments on the way."""
        self._budget.check("opening cases")
        self.page.goto(f"{self.address}/?case={case}", wait_until="commit")
        image = self._await("image", None, 0.0)
        self._await("case", case, 0.0)
        asked, answered, fetched = self.page.evaluate(PARTS, f"/api/pixels/{case}/0")
        parts = {
            "the pixels are asked for": asked,
            "the server answers": answered,
            "they have come": fetched,
            "the image is there": image,
        }
        return image / 1000, {part: at / 1000 for part, at in parts.items()}

    def wait_for_pixels(self, case: str, frames: Iterable[int]) -> None:
        """Until they were fetched ahead, and the sheet of the case."""
        names = [f"/api/pixels/{case}/{frame}" for frame in frames]
        names.append(f"/api/room/sheet/{case}/0")
        if not self.page.evaluate(FETCHED, [names, 1000 * self._budget.left]):
            raise SystemExit("The next image was not fetched ahead.")

    def answer(self) -> None:
        """What a signature needs, kept by the server."""
        for key in ("a", "5"):
            self.page.keyboard.press(key)
        self.page.locator(".room[data-draft=kept]").wait_for()

    def press_for_case(self, keys: str, case: str) -> float:
        """Seconds from a press to the image of this case."""
        began = self._press(keys)
        image = self._await("image", None, began)
        self._await("case", case, began)
        return (image - began) / 1000

    def press_for_frame(self, frame: int) -> float:
        """Seconds from a press to this frame, which is the next."""
        began = self._press(".")
        return (self._await("frame", str(frame), began) - began) / 1000

    def _press(self, keys: str) -> float:
        self._budget.check("what was pressed")
        self.page.keyboard.press(keys)
        return float(self.page.evaluate("() => globalThis.roomNotes.presses.at(-1).at"))

    def _await(self, notes: str, value: str | None, after: float) -> float:
        found: Any = self.page.evaluate(AWAIT, [notes, value, after, 1000 * self._budget.left])
        if found is None:
            raise SystemExit(f"The room did not show {value or 'an image'} in time.")
        return float(found)


def bound_of(hand: Hand, case: str) -> tuple[float, float]:
    """Seconds of a plain fetch of a case's pixels, and of unpacking and painting them."""
    fetched, painted = hand.page.evaluate(PLAIN, f"{hand.address}/api/pixels/{case}/0")
    return fetched / 1000, painted / 1000
