"""Text from outside as a page shows it."""

from __future__ import annotations

import pytest

from app.views.shared.format import JOINER, chart_text, plain
from tests.app.views.names import CLASSES, FILES
from tests.app.views.screen import bare


@pytest.mark.parametrize(
    "name",
    [
        *FILES,
        *CLASSES,
        "https://x.y/z",
        "WWW.example.com",
        "mailto:me@example.com",
        ":+1:",
        ":streamlit:",
        ":material/home:",
        "a <- b",
        "a <-> b",
        "1 >= 0 ~= 0",
        "    code",
        "one\r\n\ttwo",
    ],
)
def test_escaping_is_undone_without_loss_and_nothing_else_changes(name: str) -> None:
    escaped = plain(name)
    assert bare(escaped) == " ".join(name.split())
    assert name not in escaped, "something keeps it from being read as markup"


def test_ordinary_names_get_no_invisible_letters() -> None:
    for name in ("00001992_002.jpg", "Röntgen Thorax (2).dcm", "IM000001", "no pneumonia, 40 %"):
        assert JOINER not in plain(name)


def test_bidi_controls_and_lone_surrogates_are_removed() -> None:
    assert bare(plain("a\u202egnp.exe")) == "agnp.exe"
    assert bare(plain("a\udcff.png")) == "a?.png"
    assert chart_text("a\udcff & <b>") == "a? &amp; &lt;b&gt;"
