"""How long a reader waits in the reading room, in a real browser on the same machine.

    python -m tests.benchmarks.room [--images 6] [--side 3000]

Starts the program on a folder of its own with a small model of random weights, takes in that many
uncompressed 16-bit images of side × side pixels, and prints in milliseconds, as median and longest:

- *page*: from the address of a case to its painted image, all scripts and styles from the cache;
- *another image*: from a press in the queue to its painted image, which was not fetched before;
- *next*: from the key to the painted image, which was fetched while the reader looked at the last;
- *signed*: from the key that signs to the next image;

each beside the time of fetching as many bytes from the same route alone, which no viewer can do
without.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.browser.conftest import ARGUMENTS
from tests.browser.reading_room import ReadingRoom
from tests.browser.running import Program

if TYPE_CHECKING:
    from playwright.sync_api import Page


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.room", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--images", type=int, default=6)
    parser.add_argument("--side", type=int, default=3000)
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    from tests.dprotonet.tiny_bundle import make_tiny_bundle

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data = Path(folder)
        make_tiny_bundle(data / "models" / "tiny", ("none", "finding"), name="tiny", responses=True)
        program = Program(data)
        program.run("models", "activate", "tiny")
        program.start()
        try:
            chromium = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=list(ARGUMENTS)
            )
            context = chromium.new_context(viewport={"width": 1280, "height": 800})
            context.request.get(program.entrance, max_redirects=0)
            page = context.new_page()
            page.set_default_timeout(120_000)
            cases = _take_in(page, program, data, options.images, options.side)
            _print(_measured(page, program, cases))
        finally:
            program.stop()


def _take_in(page: Page, program: Program, data: Path, images: int, side: int) -> list[str]:
    room, cases = ReadingRoom(page), []
    for number in range(images):
        path = data / f"image-{number}.dcm"
        _write(path, side, number)
        page.goto(program.address)
        cases.append(room.upload(path))
        room.read()
    return cases


def _write(path: Path, side: int, seed: int) -> None:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import (
        DigitalXRayImageStorageForPresentation,
        ExplicitVRLittleEndian,
        generate_uid,
    )

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = (
        DigitalXRayImageStorageForPresentation
    )
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    data.StudyInstanceUID, data.SeriesInstanceUID = generate_uid(), generate_uid()
    data.Modality, data.ViewPosition = "DX", "PA"
    data.Rows = data.Columns = side
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.WindowCenter, data.WindowWidth = 32768, 65536
    noise = np.random.default_rng(seed).integers(0, 1 << 16, (side, side), dtype=np.uint16)
    data.PixelData = noise.tobytes()
    data.save_as(path, enforce_file_format=True)


def _measured(page: Page, program: Program, cases: list[str]) -> dict[str, list[float]]:
    room = ReadingRoom(page)
    found: dict[str, list[float]] = {
        "page": [],
        "another image": [],
        "next": [],
        "signed": [],
        "fetched alone": [],
    }
    for case_id in cases:
        start = time.perf_counter()
        room.open(program.address, case_id)
        found["page"].append(_since(start))
        page.wait_for_load_state("networkidle")
        found["fetched alone"].append(
            page.evaluate(
                """async (url) => {
                  const start = performance.now();
                  await (await fetch(url)).arrayBuffer();
                  return performance.now() - start;
                }""",
                f"/api/pixels/{case_id}/0",
            )
        )
    # The list is newest first: from the newest on, every next one is fetched ahead.
    room.open(program.address, cases[-1])
    for name, keys in (("next", ("n",)), ("signed", ("a", "5", "Control+Enter"))):
        for _ in range(len(cases) // 2):
            page.wait_for_load_state("networkidle")
            before = room.case_id
            for key in keys[:-1]:
                page.keyboard.press(key)
            start = time.perf_counter()
            page.keyboard.press(keys[-1])
            room.ready(after=before)
            found[name].append(_since(start))
    page.evaluate("sessionStorage.clear()")
    room.open(program.address, cases[0])
    for case_id in cases[2:]:
        page.wait_for_load_state("networkidle")
        before = room.case_id
        start = time.perf_counter()
        page.locator(f".queue [data-case='{case_id}']").click()
        room.ready(after=before)
        found["another image"].append(_since(start))
    return found


def _since(start: float) -> float:
    return 1000 * (time.perf_counter() - start)


def _print(found: dict[str, list[float]]) -> None:
    bound = statistics.median(found["fetched alone"])
    print("| From a press to the painted image | median, ms | longest, ms | fetching alone |")
    print("|---|---|---|---|")
    for name, times in found.items():
        median = statistics.median(times)
        print(f"| {name} | {median:.0f} | {max(times):.0f} | {median / bound:.1f} × |")


if __name__ == "__main__":
    main()
