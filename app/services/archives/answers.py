"""What an archive answers to a search, read without trust: DICOM JSON (PS3.18 annex F).

Each value is taken only where it is of its kind and length; what is missing, of another VR or too
long is empty. A study, series or instance without a valid UID is left out: nothing could be asked
of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, TypeVar

from app.domain.archives.found import (
    LONGEST_TEXT,
    FoundSeries,
    FoundStudy,
    InstanceAddress,
    Patient,
    is_uid,
)
from dprotonet.images.file_names import printable

MOST_VALUES = 32  # of one element
_STUDY, _SERIES, _INSTANCE = "0020000D", "0020000E", "00080018"
Found = TypeVar("Found")


def studies(answer: object) -> tuple[FoundStudy, ...]:
    """The studies of an answer, each once, in its order."""
    return tuple(_distinct(_items(answer), _study, lambda study: study.study_uid))


def series(answer: object) -> tuple[FoundSeries, ...]:
    """The series of an answer, each once, in its order."""
    return tuple(_distinct(_items(answer), _one_series, lambda one: one.series_uid))


def instances(answer: object, *, study_uid: str, series_uid: str) -> tuple[InstanceAddress, ...]:
    """The instances of a series, each once, in the answer's order.

    Args:
        answer: to a search for the instances of one series.
        study_uid: that was asked for; what the answer says of it does not count.
        series_uid: likewise.
    """

    def one(item: dict[str, Any]) -> InstanceAddress | None:
        uid = _uid(item, _INSTANCE)
        return InstanceAddress(study_uid, series_uid, uid) if uid else None

    return tuple(_distinct(_items(answer), one, lambda found: found.instance_uid))


def _study(item: dict[str, Any]) -> FoundStudy | None:
    uid = _uid(item, _STUDY)
    if not uid:
        return None
    return FoundStudy(
        study_uid=uid,
        patient=Patient(_text(item, "00100020"), _text(item, "00100021")),
        accession_number=_text(item, "00080050"),
        day=_day(item, "00080020"),
        description=_text(item, "00081030"),
        modalities=tuple(dict.fromkeys(_texts(item, "00080061"))),
        series=_number(item, "00201206"),
        instances=_number(item, "00201208"),
    )


def _one_series(item: dict[str, Any]) -> FoundSeries | None:
    uid = _uid(item, _SERIES)
    if not uid:
        return None
    return FoundSeries(
        series_uid=uid,
        modality=_text(item, "00080060"),
        description=_text(item, "0008103E"),
        number=_number(item, "00200011"),
        instances=_number(item, "00201209"),
    )


def _items(answer: object) -> Iterable[dict[str, Any]]:
    if isinstance(answer, list):
        yield from (item for item in answer if isinstance(item, dict))


def _distinct(
    items: Iterable[dict[str, Any]],
    read: Callable[[dict[str, Any]], Found | None],
    key: Callable[[Found], str],
) -> Iterable[Found]:
    known = set()
    for item in items:
        found = read(item)
        if found is not None and key(found) not in known:
            known.add(key(found))
            yield found


def _values(item: dict[str, Any], tag: str) -> list[object]:
    element = item.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return values[:MOST_VALUES] if isinstance(values, list) else []


def _texts(item: dict[str, Any], tag: str) -> list[str]:
    """The texts of an element of VR CS, LO or SH; none has a backslash (PS3.5 6.2)."""
    texts = (value.strip() for value in _values(item, tag) if isinstance(value, str))
    short = (text for text in texts if 0 < len(text) <= LONGEST_TEXT and "\\" not in text)
    return [printable(text) for text in short]


def _text(item: dict[str, Any], tag: str) -> str:
    return next(iter(_texts(item, tag)), "")


def _uid(item: dict[str, Any], tag: str) -> str:
    text = _text(item, tag)
    return text if is_uid(text) else ""


def _day(item: dict[str, Any], tag: str) -> date | None:
    try:
        return datetime.strptime(_text(item, tag), "%Y%m%d").date()
    except ValueError:
        return None


def _number(item: dict[str, Any], tag: str) -> int | None:
    """A count; some archives write a number as text."""
    for value in _values(item, tag)[:1]:
        if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
            value = int(value.strip()[:9])
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
            return value
    return None
