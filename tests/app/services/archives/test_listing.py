"""Which studies are earlier ones of the same patient."""

from __future__ import annotations

from datetime import date

from app.domain.archives.found import FoundStudy, Patient
from app.services.archives.listing import earlier


def study(uid: str, patient: str = "A", year: int | None = 2024, issuer: str = "") -> FoundStudy:
    day = date(year, 1, 1) if year else None
    return FoundStudy(uid, Patient(patient, issuer), "", day, "", (), None, None)


def test_those_before_it_the_newest_first() -> None:
    others = [study("1"), study("2", year=2020), study("3", year=2023), study("4", year=2025)]
    assert [one.study_uid for one in earlier(study("1"), others)] == ["3", "2"]


def test_nobody_else_whatever_the_archive_took_for_the_id() -> None:
    others = [
        study("2", "a", 2020),
        study("3", "A1", 2020),
        study("4", "A", 2020, "there"),
        study("5", "A", None),
        study("6", "", 2020),
    ]
    assert earlier(study("1", issuer="here"), others) == []
    assert earlier(study("1", ""), others) == []


def test_an_issuer_that_one_study_does_not_name_is_taken_for_the_same() -> None:
    other = study("2", "A", 2020)
    assert earlier(study("1", issuer="here"), [other]) == [other]
