"""A hand over an image of the reading room, and what it leaves there."""

from __future__ import annotations

from tests.browser.reading_room import ReadingRoom

PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Where the focus is, in whichever shadow tree, and whether it is seen. What was reached is marked.
FOCUS = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  const { x, y, width, height } = at.getBoundingClientRect();
  const name = at.ariaLabel || at.title || at.closest('label')?.innerText || at.innerText;
  at.toggleAttribute('data-reached', true);
  return {
    part: at.closest('.bar, .queue, .tools, .image-screen, .heatmap-bar, .evidence, .verdict')
      ?.className.split(' ')[0] ?? null,
    what: `${at.tagName} ${name}`,
    isNamed: Boolean(name?.trim()),
    isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
      && at.contains(at.getRootNode().elementFromPoint(x + width / 2, y + height / 2)),
  };
}"""
LEFT_OUT = """room => [...room.querySelectorAll(
    'button, select, input, textarea, a[href], summary, [tabindex="0"]')]
  .filter((at) => !at.disabled && at.checkVisibility())
  .filter((at) => !at.closest('dialog') && !('reached' in at.dataset))
  .map((at) => at.outerHTML)"""


class Hand:
    """A mouse over the image, in CSS pixels from its middle, and the marks that it leaves."""

    def __init__(self, room: ReadingRoom) -> None:
        box = room.image.bounding_box()
        assert box is not None
        self._middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self._mouse = room.page.mouse
        self.marks = room.image.locator(".marks li")

    def over(self, x: float, y: float) -> None:
        self._mouse.move(self._middle[0] + x, self._middle[1] + y)

    def drag(self, *places: tuple[float, float]) -> None:
        self.over(*places[0])
        self._mouse.down()
        for place in places[1:]:
            self.over(*place)
        self._mouse.up()

    def wheel(self, down: float) -> None:
        self.over(0, 0)
        self._mouse.wheel(0, down)


def pictures(room: ReadingRoom) -> tuple[str, str]:
    """Of the image and of what lies beside it."""
    return picture(room), picture(room, ".source canvas.image")


def picture(room: ReadingRoom, canvas: str = ".image-screen canvas.image") -> str:
    """What a canvas shows."""
    room.page.evaluate(PAINTED)
    return str(room.page.locator(canvas).first.evaluate("canvas => canvas.toDataURL()"))
