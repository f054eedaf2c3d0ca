"""The browser's side uses the words and the actions that Python gives it, and all of them."""

import re

from app.domain.marks import POINTS, PURPOSES
from app.viewer.words import WORDS, pane_data
from tests.paths import ROOT

MARKS = {f"mark {kind}" for kind in POINTS} | {f"purpose {purpose}" for purpose in PURPOSES}
SOURCE = ROOT / "app/viewer/source"


def sources() -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(SOURCE.rglob("*.js")))


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    written = sources()
    assert set(re.findall(r'say\("([^"]+)"', written)) - WORDS.keys() == set()
    # Some names are put together there: of the spacing, of the palette, of a mark.
    made = {name for name in WORDS if "pacing" in name or name.startswith("scale ")}
    made |= MARKS
    assert [name for name in WORDS if f'"{name}"' not in written and name not in made] == []


def test_every_kind_and_every_purpose_of_a_mark_has_a_name() -> None:
    assert WORDS.keys() >= MARKS
    spacings = {name.removeprefix("area ") for name in WORDS if name.startswith("area ")}
    assert {name.removeprefix("by ") for name in WORDS if name.startswith("by ")} == spacings


def test_the_two_palettes_are_hex_of_the_same_length() -> None:
    colours = pane_data()["colours"]
    assert isinstance(colours, dict)
    assert {len(colours[name]) for name in ("finding", "normal")} == {256 * 6}
