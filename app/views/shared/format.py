"""Numbers, dates and text from outside, formatted for a page."""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Protocol

from dprotonet.modeling.options import AND, NONE_CALLED

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


def html_text(text: str) -> str:
    """The same for HTML of our own, as text or in quotes, with nothing that becomes a link."""
    return html.escape(_AUTO_LINK.sub(JOINER, _one_line(text)))


def _one_line(text: str) -> str:
    # Lone surrogates (a file name in another encoding) would not reach the browser.
    unicode_text = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(_BIDI_CONTROLS.sub("", unicode_text).split())


def percent(fraction: float, digits: int = 0) -> str:
    """78 %; "< 1 %" and "> 99 %" where rounding would give 0 or 100."""
    if 0 < fraction < 0.01 and digits == 0:
        return "< 1 %"
    if 0.99 < fraction < 1 and digits == 0:
        return "> 99 %"
    return f"{100 * fraction:.{digits}f} %"


def distinct_percents(first: float, second: float) -> tuple[str, str]:
    """Two fractions with as many digits as it takes to tell them apart, three at most."""
    for digits in range(3):
        pair = percent(first, digits), percent(second, digits)
        if pair[0] != pair[1] or first == second:
            return pair
    return percent(first, 3), percent(second, 3)


class KnownClasses(Protocol):
    """A model, or the sheet of a case that it reads."""

    @property
    def classes(self) -> tuple[str, ...]:
        """All of them."""

    @property
    def negative_class(self) -> str | None:
        """The one that means "nothing found"."""


def label_text(
    label: str, probability: float, separator: str = " · ", *, of: KnownClasses | None = None
) -> str:
    """A stored label with its probability.

    A label of several findings, or of none, stands alone: the probability is that of the leading
    finding. A negative label gets the probability of the finding, which the threshold applies to.

    Args:
        label: as stored.
        probability: of that label.
        separator: between the two.
        of: the model that gave the label; without it a negative label is treated like any other.
    """
    if label == NONE_CALLED or AND in label:
        return label
    if of is None or label != of.negative_class:
        return f"{label}{separator}{percent(probability)}"
    others = [name for name in of.classes if name != label]
    finding = others[0] if len(others) == 1 else "any finding"
    return f"{label} ({finding} {percent(1 - probability)})"


def label_markdown(
    label: str, probability: float, separator: str = " · ", *, of: KnownClasses | None = None
) -> str:
    """The same as Markdown."""
    return plain(label_text(label, probability, separator, of=of))


def signed(value: float, digits: int = 2) -> str:
    """+1.84 or −0.20, with a true minus."""
    return f"{value:+.{digits}f}".replace("-", "−")


def number(value: float, digits: int = 2) -> str:
    """0.83 or −0.20, with a true minus; what rounds to zero has none."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def local_time(moment: datetime) -> str:
    """Local date and time to the minute."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def counted(count: int, singular: str, plural: str = "") -> str:
    """1 file, 3 files."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def megabytes(count: int) -> str:
    """Bytes as MB, for upload sizes."""
    return f"{count / 1024 / 1024:,.0f} MB"
