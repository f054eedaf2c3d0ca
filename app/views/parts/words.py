"""Numbers and foreign text as words on a page."""

from __future__ import annotations

import re
from datetime import datetime

from dprotonet.prediction import AND, NONE_CALLED

_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: str) -> str:
    """Text of a file, a bundle or a reader, so that Markdown shows it letter by letter."""
    return _MARKUP.sub(r"\\\1", text.replace("\n", " "))


def percent(share: float) -> str:
    """78 %; below 1 and above 99 it says just that instead of rounding to certainty."""
    if 0 < share < 0.01:
        return "< 1 %"
    if 0.99 < share < 1:
        return "> 99 %"
    return f"{100 * share:.0f} %"


def label_words(label: str, probability: float, between: str = " · ") -> str:
    """A stored label with its probability; of several findings, or none, the label alone: the
    probability is that of the leading one."""
    if label == NONE_CALLED or AND in label:
        return plain(label)
    return f"{plain(label)}{between}{percent(probability)}"


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
