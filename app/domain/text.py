"""Numbers, dates and labels as sentences show them; no markup."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dprotonet.modeling.options import AND, NONE_CALLED

RESEARCH_ONLY = "Research use only, not for diagnosis"
"""Stands wherever an answer of a model is shown."""


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
