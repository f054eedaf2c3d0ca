"""The upload field in a real browser: chosen and dropped files, folders, refusals, cancelling."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app.viewer.assets import viewer_assets
from tests.browser.image_files import write_image
from tests.browser.reading_room import ReadingRoom
from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
# A drop with files, as the system's file manager would make it.
DROP = """(root, files) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name));
  for (const type of ["dragenter", "dragover", "drop"]) {
    root.dispatchEvent(new DragEvent(type, {
      dataTransfer: transfer, bubbles: true, cancelable: true, composed: true,
    }));
  }
}"""
MEBIBYTE = 1024 * 1024


def field(page: Page) -> Locator:
    """The upload field, once it is there."""
    upload = page.locator(".upload")
    upload.wait_for()
    return upload


def spooled(program: Program) -> list[Path]:
    return list((program.data / "spool").iterdir())


def test_several_images_are_sent_and_listed_with_what_became_of_them(
    page: Page, program: Program, tmp_path: Path
) -> None:
    images = [write_image(tmp_path / f"several-{number}", seed=10 + number) for number in range(4)]
    text = tmp_path / "notes.txt"
    text.write_text("no image")
    page.goto(program.address)
    page.locator("input[data-choose=files]").set_input_files([*images, text])
    page.get_by_text("4 added, 1 not an image").wait_for()
    page.locator("[data-upload=empty]").wait_for()
    assert spooled(program) == []


def test_a_folder_is_sent_without_what_is_hidden_in_it(
    page: Page, program: Program, tmp_path: Path
) -> None:
    ward = tmp_path / "ward"
    (ward / "deep" / ".cache").mkdir(parents=True)
    write_image(ward / "deep" / "in-folder-ä", seed=20)
    write_image(ward / "in-folder-b", seed=21)
    (ward / ".DS_Store").write_bytes(b"x")
    (ward / "deep" / ".cache" / "x.png").write_bytes(b"x")
    page.goto(program.address)
    page.locator("input[data-choose=folder]").set_input_files(ward)
    page.get_by_text("2 added.").wait_for()
    page.get_by_role("button", name="in-folder-ä").wait_for()


def test_dropped_files_become_a_batch_once_the_reader_says_so(
    page: Page, program: Program, tmp_path: Path
) -> None:
    page.goto(f"{program.address}/batch")
    root = field(page)
    start = page.get_by_role("button", name="Start")
    root.evaluate(DROP, [["a.txt", "one"], ["b.txt", "two"]])
    page.get_by_text("Chosen: 2 files").wait_for()
    root.get_by_role("button", name="Remove").click()
    page.get_by_text("at once. For more").wait_for()
    start.and_(page.locator(":disabled")).wait_for()  # the page knows a moment after the field

    packed = tmp_path / "images.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(write_image(tmp_path / "zipped", seed=30), "zipped")
    page.locator("input[data-choose=files]").set_input_files(packed)
    page.get_by_text("Chosen: 1 file").wait_for()
    start.click()
    page.get_by_text("1 of 1 file · finished").wait_for()
    page.locator("[data-upload=empty]").wait_for()
    assert spooled(program) == []


def test_what_was_chosen_is_let_go_of_when_the_page_was_left(page: Page, program: Program) -> None:
    page.goto(f"{program.address}/batch")
    field(page).evaluate(DROP, [["a.txt", "one"]])
    page.get_by_text("Chosen: 1 file").wait_for()
    with page.expect_response("**/api/uploads/drop") as dropped:
        page.get_by_role("link", name="Review").click()
        page.get_by_text("Add images").wait_for()
    dropped.value.finished()
    assert spooled(program) == []


def test_too_many_and_too_large_files_are_refused_in_words(page: Page, program: Program) -> None:
    page.goto(program.address)
    root = field(page)
    root.evaluate(DROP, [[f"{number}.png", "x"] for number in range(201)])
    alert = root.get_by_role("alert")
    alert.get_by_text(re.compile("These are 201 files; 200 fit in one upload")).wait_for()
    root.evaluate(
        """(root, drop) => {
          const large = new File(["x"], "large.dcm");
          Object.defineProperty(large, "size", { value: 300 * 1024 * 1024 });
          const event = new DragEvent("drop", { bubbles: true, cancelable: true });
          const items = [{ kind: "file", getAsFile: () => large }];
          Object.defineProperty(event, "dataTransfer", { value: { types: ["Files"], items } });
          root.dispatchEvent(event);
        }""",
    )
    alert.get_by_text(re.compile("large.dcm – The file is larger than 256 MiB")).wait_for()
    assert spooled(program) == []


def test_a_file_on_its_way_shows_its_progress_and_is_cancelled_with_nothing_left(
    page: Page, program: Program
) -> None:
    held: list[Route] = []
    page.route("**/api/uploads", lambda route: held.append(route))
    page.goto(program.address)
    root = field(page)
    root.evaluate(DROP, [["a.dcm", "x"], ["b.dcm", "y"]])
    root.get_by_text(re.compile(r"0 of 2 files sent")).wait_for()
    assert root.get_by_text("a.dcm").is_visible()
    root.get_by_role("button", name="Cancel").click()
    page.locator("[data-upload=empty]").wait_for()
    expect(root.get_by_role("button", name="Browse files")).to_be_focused()
    page.unroute("**/api/uploads")
    assert spooled(program) == []


def test_a_connection_that_breaks_is_said_and_the_next_try_goes_well(
    page: Page, program: Program, tmp_path: Path
) -> None:
    page.route("**/api/uploads", lambda route: route.abort())
    page.goto(program.address)
    root = field(page)
    root.evaluate(DROP, [["lost.dcm", "x"]])
    root.get_by_role("alert").get_by_text("“lost.dcm” could not be sent").wait_for()
    page.unroute("**/api/uploads")
    image = write_image(tmp_path / "found-again", seed=40)
    page.locator("input[data-choose=files]").set_input_files(image)
    ReadingRoom(page).ready()


def test_a_token_that_is_over_is_renewed_by_the_page_and_the_file_sent_with_the_new_one(
    page: Page, program: Program
) -> None:
    page.goto(program.address)
    with page.expect_request("**/api/uploads/check") as asked:
        field(page).evaluate(DROP, [["a.txt", "x"]])
    address = f"/api/viewer/{viewer_assets().digest}/upload.js"
    states = page.evaluate(
        """async ([address, token]) => {
          const { UploadQueue } = await import(address);
          let renewals = 0;
          const done = new Promise((finished) => {
            const queue = new UploadQueue({
              changed() { if (queue.error) finished([renewals, queue.error]); },
              finished: () => finished([renewals, queue.items[0].state]),
              renew() { renewals += 1; queue.token = token; },
            });
            queue.token = "of yesterday";
            queue.add([{ file: new File(["x"], "late.txt"), path: "late.txt" }], {});
          });
          return done;
        }""",
        [address, asked.value.headers["x-upload-token"]],
    )
    assert states == [1, "sent"]


def test_the_field_is_used_by_keyboard(page: Page, program: Program, tmp_path: Path) -> None:
    image = write_image(tmp_path / "by-keyboard", seed=60)
    page.goto(program.address)
    root = field(page)
    page.get_by_text("Add images").wait_for()
    files, folder = (
        root.get_by_role("button", name=f"Browse {what}") for what in ("files", "folder")
    )
    with page.expect_file_chooser() as chooser:
        files.press("Enter")
    assert chooser.value.is_multiple()
    chooser.value.set_files([])  # as a reader who thinks better of it
    files.focus()  # where a closed dialog leaves it; without a dialog Chromium may not
    page.keyboard.press("Tab")
    expect(folder).to_be_focused()
    with page.expect_file_chooser() as chooser:
        folder.press("Space")
    chooser.value.set_files(image.parent)
    ReadingRoom(page).ready()
