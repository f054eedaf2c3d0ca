"""What a hand does in the reading room: it draws, measures, plays frames, compares, and tabs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from pydicom.uid import generate_uid

from tests.browser.conftest import PATIENCE
from tests.browser.hands import FOCUS, LEFT_OUT, Hand, picture, pictures
from tests.browser.image_files import write_image
from tests.browser.reading_room import ReadingRoom
from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
FRAMES = 4
SPACING = 0.5  # mm
PARTS = ["bar", "queue", "tools", "image-screen", "heatmap-bar", "evidence", "verdict"]


@pytest.fixture(scope="module")
def cases(
    chromium: Browser, program: Program, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Ids of three images of one study by their names: two of one frame, one of several."""
    folder, study = tmp_path_factory.mktemp("study"), generate_uid()
    files = [
        write_image(folder / "PLAIN", seed=31, study=study, spacing_mm=SPACING),
        write_image(folder / "OTHER", seed=32, study=study, spacing_mm=SPACING),
        write_image(folder / "CLIP", seed=33, study=study, frames=FRAMES),
    ]
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE)
    context.request.get(program.entrance, max_redirects=0)
    page = context.new_page()
    found = {}
    for file in files:
        page.goto(program.address)
        room = ReadingRoom(page)
        found[file.name] = room.upload(file)
    context.close()
    return found


@pytest.fixture
def opened(page: Page, program: Program, cases: dict[str, str]) -> Callable[[str], ReadingRoom]:
    """Opens an image of the study by its name, and waits for what the model says."""

    def open_image(name: str) -> ReadingRoom:
        room = ReadingRoom(page)
        room.open(program.address, cases[name])
        room.read()
        return room

    return open_image


def frame(page: Page, number: int) -> None:
    """Wait until a frame, counted from 0, is shown, and with it what the server has of it."""
    page.locator(f".image-screen .pane[data-frame='{number}']").wait_for()
    page.locator(f".room[data-state=ready][data-frame='{number}']").wait_for()


def test_marks_are_measured_undone_done_again_and_deleted(
    opened: Callable[[str], ReadingRoom], page: Page
) -> None:
    room = opened("PLAIN")
    hand = Hand(room)
    room.press("z", "l")  # one image pixel, 0.5 mm, is one of the screen
    hand.drag((-40, -30), (0, 0))
    length = "Length, measurement: 25 mm (pixel spacing)"
    expect(hand.marks).to_have_text([length])
    room.press("e")
    hand.drag((-20, -10), (20, 10))
    # An ellipse of 20 × 10 mm, and values of 12 bits inside.
    ellipse = re.compile(
        r"^Ellipse, measurement: 157 mm², mean \d+, sd .+, \d+ to \d+ \(pixel spacing\)$"
    )
    expect(hand.marks).to_have_text([length, ellipse])
    room.press("d")
    hand.drag((-50, 40), (-10, 40), (-10, 60), (-50, 60))
    outline = re.compile(r"^Outline, measurement: 200 mm², mean \d+")
    expect(hand.marks).to_have_text([length, ellipse, outline])
    room.press("Delete")
    expect(hand.marks).to_have_text([length, ellipse])
    room.press("Control+z", "Control+z")
    expect(hand.marks).to_have_text([length, ellipse])
    page.locator("[data-tool=undo]").click()
    expect(hand.marks).to_have_text([length])
    page.locator("[data-tool=redo]").click()
    room.press("Control+y")
    expect(hand.marks).to_have_text([length, ellipse, outline])
    room.kept()
    page.reload()
    room.ready()
    expect(hand.marks).to_have_text([length, ellipse, outline])


def test_reset_brings_back_the_state_at_loading(
    opened: Callable[[str], ReadingRoom], page: Page
) -> None:
    room = opened("OTHER")
    hand = Hand(room)
    window, width = page.get_by_label("Window of the greys"), page.get_by_label("Window width")
    loaded = picture(room)
    window.select_option(label="LUNG")
    room.press("Escape", "i", "]", "x", "+", "+")
    hand.drag((0, 0), (60, 20))
    expect(width).not_to_have_value(re.compile("^(800|3600)$"))
    assert picture(room) != loaded
    room.press("Home")
    expect(width).to_have_value("3600")
    expect(window).to_have_value("0")
    assert picture(room) == loaded
    room.press("Control+z")
    expect(width).not_to_have_value("3600")


def test_frames_are_chosen_and_played_and_marks_are_of_their_frame(
    opened: Callable[[str], ReadingRoom], page: Page
) -> None:
    room = opened("CLIP")
    hand = Hand(room)
    slider = page.get_by_role("slider", name="Frame")
    play = page.get_by_role("button", name="Play")
    first = picture(room)
    room.press("l")
    hand.drag((-40, 0), (40, 0))
    expect(hand.marks).to_have_text([re.compile(r"^Length, .* px \(no spacing in the file\)$")])
    mark = hand.marks.all_inner_texts()
    hand.wheel(100)
    frame(page, 1)
    expect(hand.marks).to_have_count(0)
    room.text("Frame 2 of 4")
    assert picture(room) != first
    room.press("Control+z")  # undoes nothing of the frame before
    room.press("b")
    hand.drag((-30, -30), (30, 30))
    expect(hand.marks).to_have_text([re.compile("^Box, measurement")])
    slider.focus()
    room.press("ArrowRight")  # of the slider, not of the prototypes
    frame(page, 2)
    room.press("End")
    frame(page, FRAMES - 1)
    room.press(*"," * (FRAMES - 1))
    frame(page, 0)
    expect(hand.marks).to_have_text(mark)

    play.click()
    page.get_by_role("button", name="Stop").wait_for()
    for number in (1, 2, 3, 0, 1):
        page.locator(f".image-screen .pane[data-frame='{number}']").wait_for()
    expect(hand.marks).to_have_count(0)
    page.locator(".image-screen .pane[data-frame='2']").wait_for()
    room.press("k")
    play.wait_for()
    stopped = int(room.image.get_attribute("data-frame") or "")
    frame(page, stopped)
    play.click()
    room.press("l")  # a mark is of one frame: the loop stops
    play.wait_for()
    hand.wheel(-100 * FRAMES)
    slider.fill("2")
    frame(page, 1)
    expect(hand.marks).to_have_text([re.compile("^Box, measurement")])


@pytest.mark.parametrize(("one", "other"), [("PLAIN", "CLIP"), ("CLIP", "OTHER")])
def test_another_image_of_the_study_lies_beside_it_with_zoom_and_window_linked(
    opened: Callable[[str], ReadingRoom], page: Page, one: str, other: str
) -> None:
    room = opened(one)
    hand = Hand(room)
    title = page.locator(".evidence .card strong", has_text=other)
    page.locator("[data-action=more]").click()
    page.locator("dialog .row", has_text=other).get_by_role("button", name="Compare").click()
    title.wait_for()
    page.locator(".source .pane[data-image=shown]").wait_for()

    def both_change(*, since: tuple[str, str]) -> None:
        assert all(now != before for now, before in zip(pictures(room), since, strict=True))

    loaded = pictures(room)
    room.press("+", "+")
    both_change(since=loaded)
    room.press("0")
    assert pictures(room) == loaded
    page.get_by_label("Window of the greys").select_option(label="LUNG")
    room.press("Escape")
    both_change(since=loaded)
    room.press("Home")
    assert pictures(room) == loaded
    drawn = picture(room, ".source .drawn canvas")
    hand.over(20, 20)
    assert picture(room, ".source .drawn canvas") != drawn, "the crosshair"

    page.get_by_role("slider", name="Frame").focus()
    room.press("ArrowRight")
    page.locator(".pane[data-frame='1']").wait_for()
    if one == "CLIP":
        frame(page, 1)
    title.wait_for()
    framed = pictures(room)
    assert [now == before for now, before in zip(framed, loaded, strict=True)] == [
        name != "CLIP" for name in (one, other)
    ]
    room.press("+")
    both_change(since=framed)
    page.get_by_role("button", name="Stop comparing").click()
    title.wait_for(state="detached")
    page.locator(".source .pane[data-image=shown]").wait_for()
    alone = pictures(room)
    room.press("-")
    assert [now == before for now, before in zip(pictures(room), alone, strict=True)] == [
        False,
        True,
    ]


def reads_first(page: Page, *, then: str) -> None:
    """Choose that the own read comes first, or no more; the list of other images stays open."""
    page.locator("[data-action=more]").click()
    page.locator("[data-action=reads-first]").click()
    page.locator(f".room[data-stage={then}]").wait_for()


def test_a_comparison_is_there_in_a_first_read_too(
    opened: Callable[[str], ReadingRoom], page: Page
) -> None:
    opened("OTHER")
    reads_first(page, then="blind")
    try:
        evidence = page.locator(".evidence")
        expect(evidence).to_be_hidden()
        row = page.locator("dialog .row", has_text="PLAIN")
        row.get_by_role("button", name="Compare").click()
        page.locator(".source .pane[data-image=shown]").wait_for()
        assert evidence.inner_text().split() == ["PLAIN", "(PA)", "Stop", "comparing"]
        page.get_by_role("button", name="Stop comparing").click()
        expect(evidence).to_be_hidden()
    finally:
        reads_first(page, then="free")


def test_tab_reaches_everything_of_the_room_in_the_order_of_the_eye_and_is_seen(
    opened: Callable[[str], ReadingRoom], page: Page
) -> None:
    room = opened("CLIP")
    page.locator(".queue [aria-current]").wait_for()
    page.locator(".source .pane[data-image=shown]").wait_for()
    room.press("e", "Enter")
    page.locator("[data-action=list]").focus()
    reached = [page.evaluate(FOCUS)]
    while len(reached) < 300:
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        if at["part"] is None:
            break
        reached.append(at)
    parts = [at["part"] for at in reached]
    assert list(dict.fromkeys(parts)) == PARTS
    assert sorted(parts, key=PARTS.index) == parts, "each part is gone through once"
    assert room.root.evaluate(LEFT_OUT) == []
    assert [at["what"] for at in reached if not at["isSeen"]] == []
    assert [at["what"] for at in reached if not at["isNamed"]] == []


def test_marks_are_in_a_list_that_a_screen_reader_reads_and_a_keyboard_uses(
    opened: Callable[[str], ReadingRoom], page: Page
) -> None:
    room = opened("OTHER")
    marks = page.get_by_role("list", name="Marks").get_by_role("button")
    prototype = page.locator(".evidence .card strong")
    before = prototype.inner_text()
    room.image.locator(".surface").focus()
    room.press("z", "l", "Enter")
    length = "Length, measurement: 60 mm (pixel spacing)"
    placed = page.get_by_role("button", name=length, pressed=True)
    expect(placed).to_be_focused()
    expect(placed).to_have_accessible_description(re.compile("Delete removes it"))
    room.press("Shift+ArrowRight")
    expect(marks).to_have_text([length.replace("60", "64")])
    room.press("ArrowRight")
    assert prototype.inner_text() == before, "arrows are the mark's here"
    room.image.locator(".surface").focus()
    room.press("Shift+B", "Enter")
    expect(marks).to_have_text([length.replace("60", "64"), "Box, finding"])
    page.locator("[data-region=outline]").click()
    room.image.locator(".surface").focus()
    room.press("Enter")
    expect(marks.nth(2)).to_have_text("Outline, region to try")
    room.press("Shift+Tab")
    expect(page.get_by_role("button", name="Box, finding", pressed=True)).to_be_focused()
    room.press("Delete")
    expect(marks).to_have_text([length.replace("60", "64"), "Outline, region to try"])
    expect(marks.nth(1)).to_be_focused()
    room.press("Delete")
    expect(marks.nth(0)).to_be_focused()
    room.press("Delete")
    expect(marks).to_have_count(0)
    expect(room.image.locator(".surface")).to_be_focused()
