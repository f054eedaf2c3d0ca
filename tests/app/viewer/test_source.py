"""The viewer's JavaScript: its tests, what is made of it, and its greys beside the library's."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.viewer import encoding
from app.viewer.actions import ACTIONS
from app.viewer.assets import BUNDLE
from dprotonet.images.reader import read_image
from dprotonet.images.windows import Window
from tests.paths import REPORTS, ROOT

SOURCE = (ROOT / "app/viewer/source").as_uri()
NOT_THERE = 3  # what .ci/viewer ends with where it lacks Node, or the packages


def viewer(*arguments: str, given: object = None) -> str:
    """What ``.ci/viewer`` prints; a skip without Node or packages, and a failure with CI=true."""
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci/viewer"), *arguments],
        capture_output=True,
        input=json.dumps(given),
        encoding="utf-8",
        timeout=120,
    )
    if done.returncode == NOT_THERE and os.environ.get("CI") != "true":
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def evaluated(folder: Path, code: str, given: object) -> Any:
    """What a piece of JavaScript makes of ``given``."""
    script = folder / "script.mjs"
    script.write_text(
        'import { readFileSync } from "node:fs";\n'
        f"{code.replace('SOURCE', SOURCE)}\n"
        'const answer = answered(JSON.parse(readFileSync(0, "utf8")));\n'
        "console.log(JSON.stringify(answer));\n",
        "utf-8",
    )
    return json.loads(viewer("run", str(script), given=given))


def test_its_own_tests_pass() -> None:
    assert "passed" in viewer("test")


def test_what_the_browser_loads_is_what_the_sources_make(tmp_path: Path) -> None:
    viewer("build", str(tmp_path))
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in BUNDLE.iterdir()}
    differing = [name for name in made.keys() | kept.keys() if made.get(name) != kept.get(name)]
    assert differing == [], "run 'make viewer' and commit app/viewer/bundle"


def test_packages_are_locked_by_hash_and_without_the_address_of_a_registry() -> None:
    packages = json.loads((ROOT / "app/viewer/package-lock.json").read_text("utf-8"))["packages"]
    own = packages.pop("")
    assert len(packages) > 2
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
    for version in (own["dependencies"] | own["devDependencies"]).values():
        assert version[0].isdigit(), "pinned"


def test_the_pane_can_do_every_action_of_the_list_and_no_other(tmp_path: Path) -> None:
    ids = [action.id for action in ACTIONS]
    undone = evaluated(
        tmp_path,
        """import { act } from "SOURCE/image/actions.js";
        const traps = { get: () => anything(), set: () => true };
        const anything = () => new Proxy(() => anything(), traps);
        const answered = (ids) => ids.filter((id) => !act(anything(), id, true));
        """,
        [*ids, "tool-chisel", "preset-10", "toString"],
    )
    assert undone == ["tool-chisel", "preset-10", "toString"]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_every_window_function_is_that_of_the_library(tmp_path: Path, function: str) -> None:
    levels = evaluated(
        tmp_path,
        """import { level } from "SOURCE/image/windowing.js";
        const answered = (window) => Array.from({ length: 200 }, (_, at) => level(at - 50, window));
        """,
        {"centre": 40.5, "width": 61, "function": function},
    )
    expected = Window(40.5, 61, "", function).apply(np.arange(-50, 150))  # type: ignore[arg-type]
    np.testing.assert_allclose(levels, expected, atol=1e-6)


@pytest.mark.parametrize("name", ["C15.dcm", "N60.tif"])
def test_greys_beside_one_extreme_value_are_those_of_the_library(tmp_path: Path, name: str) -> None:
    image = read_image(REPORTS / name)
    painted = evaluated(
        tmp_path,
        """import { unpack } from "SOURCE/encoding.js";
        import { greyTable, sampleValues, valueText } from "SOURCE/image/windowing.js";
        const answered = (packed) => {
          const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
          const { header, samples } = unpack(bytes.buffer, "The image");
          const values = sampleValues(header);
          const table = greyTable(header, values, header.windows[0], false);
          return {
            greys: Array.from(samples, (sample) => table[sample] & 255),
            middle: valueText(header, values, samples[samples.length / 2]),
          };
        };
        """,
        base64.b64encode(encoding.pack_image(image)).decode(),
    )
    greys = np.array(painted["greys"]).reshape(image.shape)
    assert np.abs(greys - np.rint(image.unit() * 255)).max() <= 1
    middle = image.pixels.reshape(-1)[image.pixels.size // 2]
    assert float(painted["middle"].removeprefix("≈ ")) == pytest.approx(middle, rel=1e-3)
