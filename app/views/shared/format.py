"""Numbers and foreign text as words on a page."""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Protocol

from dprotonet.modeling.options import AND, NONE_CALLED

JOINER = "\u2060"
"""Word joiner: invisible, and no letter; it parts what would be read as a link or an emoji."""
_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")
# Streamlit turns some text into links, e-mail links, emojis, icons and arrows after Markdown's
# escapes are resolved, so that escapes alone do not help.
_LIVE = re.compile(r"(?<=:)(?=[\w+/-])|(?<=www)(?=\.)|(?=@)|(?<=[-<>~])(?=[->=])", re.IGNORECASE)
_TURNED = re.compile("[\u202a-\u202e\u2066-\u2069]")  # they reverse what is read around them


def plain(text: str) -> str:
    """Text of a file, a bundle or a reader, so that Markdown shows it letter by letter."""
    # What is no Unicode (a name in another coding) would not reach the browser.
    known = text.encode("utf-8", "replace").decode("utf-8")
    line = " ".join(_TURNED.sub("", known).split())
    return _MARKUP.sub(r"\\\1", _LIVE.sub(JOINER, line))


def chart_text(text: str) -> str:
    """The same for a plotly chart, which reads HTML's tags and entities."""
    line = " ".join(_TURNED.sub("", text.encode("utf-8", "replace").decode("utf-8")).split())
    return html.escape(line, quote=False)


def percent(share: float, digits: int = 0) -> str:
    """78 %; below 1 and above 99 it says just that instead of rounding to certainty."""
    if 0 < share < 0.01 and digits == 0:
        return "< 1 %"
    if 0.99 < share < 1 and digits == 0:
        return "> 99 %"
    return f"{100 * share:.{digits}f} %"


def two_percents(one: float, other: float) -> tuple[str, str]:
    """Two shares with as many digits as it takes to tell them apart, three at most."""
    for digits in range(3):
        pair = percent(one, digits), percent(other, digits)
        if pair[0] != pair[1] or one == other:
            return pair
    return percent(one, 3), percent(other, 3)


class KnownClasses(Protocol):
    """A model, or the sheet of a case that is read with it."""

    @property
    def classes(self) -> tuple[str, ...]:
        """All of them."""

    @property
    def negative_class(self) -> str | None:
        """The one that means "nothing found"."""


def call_words(
    label: str, probability: float, between: str = " · ", *, of: KnownClasses | None = None
) -> str:
    """A stored label with its probability.

    Of several findings, or none, the label alone: the probability is that of the leading one. A
    negative label comes with the probability of the finding, which is what was compared.

    Args:
        label: as stored.
        probability: of that label.
        between: the two.
        of: the model that said it; without it a negative label is one like any other.
    """
    if label == NONE_CALLED or AND in label:
        return label
    if of is None or label != of.negative_class:
        return f"{label}{between}{percent(probability)}"
    others = [name for name in of.classes if name != label]
    finding = others[0] if len(others) == 1 else "any finding"
    return f"{label} ({finding} {percent(1 - probability)})"


def label_words(
    label: str, probability: float, between: str = " · ", *, of: KnownClasses | None = None
) -> str:
    """The same as Markdown."""
    return plain(call_words(label, probability, between, of=of))


def signed(value: float, digits: int = 2) -> str:
    """+1.84 or −0.20, with a true minus."""
    return f"{value:+.{digits}f}".replace("-", "−")


def number(value: float, digits: int = 2) -> str:
    """0.83 or −0.20, with a true minus; what rounds to nothing has none."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def when(moment: datetime) -> str:
    """Local date and time to the minute."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def counted(count: int, one: str, many: str = "") -> str:
    """1 file, 3 files."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def megabytes(count: int) -> str:
    """Bytes as MB, as uploads are spoken of."""
    return f"{count / 1024 / 1024:,.0f} MB"
