"""How fast the viewer follows a hand in Chromium without a graphics card, beside an earlier one.

    python -m tests.benchmarks.looking [--side 2048] [--moves 60] [--rounds 3] [--before a7c5163]

Shows an image of 12 bits under a heatmap, in this checkout's viewer and in that of an earlier
revision of this repository (from before its scripts were bundled), in turns, in one browser. Drags
the window, moves the image and the heatmap's opacity, a step at each frame of the screen, and
counts frames a second, of which the screen has 60; steps through frames that were fetched before.
Nothing is asked of a server. Prints one JSON object; ends with 1 where this viewer is slower than
the earlier one, or a step takes more than 0.1 s.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.viewer.assets import viewer_assets
from app.viewer.colours import COLOUR_TABLE_HEX
from app.viewer.encoding import pack_heatmap, pack_image
from app.viewer.words import pane_data
from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.windows import Window
from tests.benchmarks.viewing import smooth
from tests.browser.conftest import ARGUMENTS
from tests.paths import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

BEFORE = "a7c5163"  # the last one whose scripts were loaded one by one
HOST = "http://viewer.test"
SOURCE = "app/viewer/source"
MOST_STEP_SECONDS = 0.1
FRAMES = 6
NOISE = 0.9  # both follow the screen, give or take a frame
HARNESS = """async ([entry, style, data, moves]) => {
  const host = document.body.appendChild(document.createElement("div"));
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  Element.prototype.setPointerCapture = () => {};
  const { mount } = await import(entry);
  const leave = mount({ parentElement: root, data, setStateValue() {} });
  const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  const frame = () => new Promise(requestAnimationFrame);
  while (!root.querySelector("[data-heatmap=shown]")) await pause(20);
  await pause(500);
  const surface = root.querySelector(".surface, canvas.image");
  const point = (name, at, more = {}) => surface.dispatchEvent(new PointerEvent(name, {
    clientX: 400 + (at % 200), clientY: 300 + (at % 90), bubbles: true, ...more,
  }));
  const rate = async (step) => {
    await pause(400);
    const began = performance.now();
    for (let at = 1; at <= moves; at += 1) { step(at); await frame(); }
    return (1000 * moves) / (performance.now() - began);
  };
  const dragged = async (button) => {
    point("pointerdown", 0, { button });
    const found = await rate((at) => point("pointermove", at));
    point("pointerup", moves);
    return found;
  };
  const figures = { window_drag: await dragged(0), move: await dragged(1) };
  const slider = root.querySelector(".details input[type=range]");
  figures.opacity = await rate((at) => {
    slider.value = String(at % 100);
    slider.dispatchEvent(new Event("input"));
  });
  figures.steps = [];
  const pane = root.querySelector(".pane");
  const fetched = () => performance.getEntriesByType("resource")
    .filter(({ name, responseEnd }) => responseEnd && name.includes("/frame/")).length;
  while (pane && fetched() < data.frames) await pause(50);
  await pause(200);
  for (let at = 1; pane && at < data.frames; at += 1) {
    const began = performance.now();
    const next = { key: ".", bubbles: true, composed: true };
    surface.dispatchEvent(new KeyboardEvent("keydown", next));
    while (pane.dataset.frame !== String(at)) await frame();
    await frame();
    figures.steps.push(performance.now() - began);
    await pause(200);
  }
  leave();
  host.remove();
  return figures;
}"""


def main() -> int:
    """Run the benchmark and print one JSON object."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.looking", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--side", type=int, default=2048)
    parser.add_argument("--moves", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", default=BEFORE)
    options = parser.parse_args()
    files = contents(options.side, options.before)
    rounds = in_the_browser(files, options.moves, options.rounds)
    figures = summary(rounds) | {"side": options.side, "before": options.before}
    print(json.dumps(figures, indent=2))
    is_slower = any(ratio < NOISE for ratio in figures["ratio"].values())
    return int(is_slower or figures["longest_frame_step_s"] > MOST_STEP_SECONDS)


def contents(side: int, before: str) -> dict[str, bytes]:
    """What is served, by its path: both viewers, the frames and a heatmap."""
    files = {f"/frame/{number}": pack_image(image(side, number)) for number in range(FRAMES)}
    across = np.linspace(-2, 2, min(side, 1024))
    bump = np.exp(-(across[:, None] ** 2) - across[None] ** 2)
    files["/heatmap"] = pack_heatmap(np.rint(bump * 255).astype(np.uint8))
    files["/after/index.js"] = pane_of_today()
    names = git("ls-tree", "--name-only", f"{before}:{SOURCE}").decode().split()
    for name in names:
        files[f"/before/{name}"] = git("show", f"{before}:{SOURCE}/{name}")
    files["/after/viewer.css"] = viewer_assets().room_style.encode()
    return files


def pane_of_today() -> bytes:
    """The image pane's module, as esbuild makes the room's."""
    builder = "node_modules/esbuild/bin/esbuild"
    entry = str(Path(__file__).with_name("looking_pane.js"))
    command = [sys.executable, str(ROOT / ".ci/viewer"), "run", builder, entry]
    options = ["--bundle", "--minify", "--format=esm", "--log-level=warning"]
    return subprocess.run([*command, *options], check=True, stdout=subprocess.PIPE).stdout


def image(side: int, number: int) -> GrayOrColourImage:
    """A frame of 12 bits."""
    facts = ImageFacts("dicom", side, side, FRAMES, False, 12)
    pixels = np.roll(smooth(side), 100 * number, axis=0)
    return GrayOrColourImage(pixels, (Window(2000, 3000),), False, None, facts, frame=number)


def git(*arguments: str) -> bytes:
    """What git prints."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout


def in_the_browser(files: dict[str, bytes], moves: int, rounds: int) -> list[dict[str, Any]]:
    """The figures of each round, of both viewers."""
    from playwright.sync_api import sync_playwright

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(HOST)
        kind = "text/javascript" if path.endswith(".js") else "application/octet-stream"
        if path == "/":
            route.fulfill(body="<!doctype html><body style='margin:0'>", content_type="text/html")
        elif path in files:
            route.fulfill(body=files[path], content_type=kind)
        else:
            route.fulfill(status=404)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(ARGUMENTS)
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.route("**/*", serve)
        page.goto(f"{HOST}/")
        found = []
        for number in range(rounds):
            order = ("before", "after") if number % 2 else ("after", "before")
            found.append({which: shown(page, files, which, moves) for which in order})
        browser.close()
    return found


def shown(page: Page, files: dict[str, bytes], which: str, moves: int) -> dict[str, Any]:
    """The figures of one viewer, once."""
    heatmap = {"id": "a", "label": "a", "url": "/heatmap", "description": "", "warning": ""}
    data = {
        "case": which,
        "frame": 0,
        "frames": FRAMES,
        "image": "/frame/{frame}" if which == "after" else "/frame/0",
        "heatmaps": [heatmap],
        "requested": "a",
        "requests": 1,
        "colours": COLOUR_TABLE_HEX,
        "pane": pane_data(),
        "height": 700,
    }
    style = files[f"/{which}/viewer.css"].decode()
    figures: dict[str, Any] = page.evaluate(
        HARNESS, [f"{HOST}/{which}/index.js", style, data, moves]
    )
    return figures


def summary(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians over the rounds, in frames a second, and how many times faster this viewer is."""
    medians = {
        which: {
            what: round(statistics.median(found[which][what] for found in rounds), 1)
            for what in ("window_drag", "move", "opacity")
        }
        for which in ("before", "after")
    }
    steps = [step for found in rounds for step in found["after"]["steps"]]
    return {
        "processors": os.cpu_count() or 0,
        "frames_a_second": medians,
        "ratio": {
            what: round(value / medians["before"][what], 2)
            for what, value in medians["after"].items()
        },
        "longest_frame_step_s": round(max(steps) / 1000, 3),
    }


if __name__ == "__main__":
    sys.exit(main())
