"""Text from outside, so that a page shows it letter by letter."""

from __future__ import annotations

import html
import re

from app.domain.text import KnownClasses, label_text

JOINER = "\u2060"
"""Word joiner, an invisible character: it breaks up text that would become a link or an emoji."""
_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")
# Streamlit makes links, e-mail links, emojis, icons and arrows after it has resolved Markdown's
# escapes, so that escapes alone do not help.
_AUTO_LINK = re.compile(
    r"(?<=:)(?=[\w+/-])|(?<=www)(?=\.)|(?=@)|(?<=[-<>~])(?=[->=])", re.IGNORECASE
)
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # they reverse the text around them


def plain(text: str) -> str:
    """Text of a file, a bundle or a reader, escaped so that Markdown shows it letter by letter."""
    return _MARKUP.sub(r"\\\1", _AUTO_LINK.sub(JOINER, _one_line(text)))


def chart_text(text: str) -> str:
    """The same for a plotly chart, which reads HTML tags and entities."""
    return html.escape(_one_line(text), quote=False)


def _one_line(text: str) -> str:
    # Lone surrogates (a file name in another encoding) would not reach the browser.
    unicode_text = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(_BIDI_CONTROLS.sub("", unicode_text).split())


def label_markdown(
    label: str, probability: float, separator: str = " · ", *, of: KnownClasses | None = None
) -> str:
    """The same as Markdown."""
    return plain(label_text(label, probability, separator, of=of))
