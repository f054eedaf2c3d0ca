"""What may be asked of an archive."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.domain.archives.found import (
    Filters,
    FoundStudy,
    InstanceAddress,
    Patient,
    StudyPage,
    is_uid,
)
from app.domain.errors import Refused


@pytest.mark.parametrize("text", ["1", "1.2.840.10008", "2.25.0", "0.1", "9" * 64])
def test_digits_and_dots_are_a_uid(text: str) -> None:
    assert is_uid(text)


@pytest.mark.parametrize("text", ["", ".", "1.", ".1", "1..2", "1/2", "a", "٣", "1\n", "9" * 65])
def test_what_could_leave_an_address_is_none(text: str) -> None:
    assert not is_uid(text)
    with pytest.raises(ValueError):
        InstanceAddress("1", "2", text)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"patient_id": "x" * 65}, "patient's id has more than 64"),
        ({"patient_id": "a\\b"}, "patient's id"),
        ({"accession_number": "a\n"}, "accession number"),
        ({"modality": "dx"}, "A modality is short"),
        ({"modality": "D X"}, "A modality is short"),
        ({"since": date(2024, 1, 2), "until": date(2024, 1, 1)}, "Exchange them"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        Filters(**fields)


def test_the_newest_studies_come_first_and_those_without_a_day_last() -> None:
    days = [date(2024, 1, 2), None, date(2026, 3, 4)]
    studies = tuple(
        FoundStudy(str(n), Patient("p"), "", day, "", ("DX",), 1, 1) for n, day in enumerate(days)
    )
    page = StudyPage(studies, offset=25, is_last=True).newest_first()
    assert [study.study_uid for study in page.studies] == ["2", "0", "1"]
    assert page.offset == 25 and page.is_last
