"""The style names containers by the keys that the pages give them."""

from __future__ import annotations

import re

from app.views.shared.style import STYLE
from tests.paths import ROOT


def test_every_key_in_the_style_is_one_that_a_page_gives() -> None:
    pages = "\n".join(path.read_text() for path in (ROOT / "app" / "views").rglob("*.py"))
    given = re.findall(r'key=f?"([a-z-]+)', pages)
    exact = set(re.findall(r"\.st-key-([a-z-]+)", STYLE))
    beginnings = set(re.findall(r'class\*="st-key-([a-z-]+)"', STYLE))
    assert exact and beginnings
    assert exact <= set(given)
    assert {start for start in beginnings if any(key.startswith(start) for key in given)} == (
        beginnings
    )
