"""What an archive holds, as far as it says so; and what it is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from app.domain.errors import Refused

LONGEST_UID = 64  # characters (PS3.5 9.1)
LONGEST_TEXT = 64  # characters of VR LO and of what is asked for
MOST_STUDIES = 100  # of one page of a search
MOST_PRIORS = 20  # of one study
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_MODALITY = re.compile(r"[A-Z0-9_]{1,16}")


def is_uid(text: str) -> bool:
    """Digits and dots, so that it can stand in an address; zeros in front are let through."""
    return len(text) <= LONGEST_UID and _UID.fullmatch(text) is not None


@dataclass(frozen=True)
class Filters:
    """What a search is narrowed to; an empty field narrows nothing.

    Raises:
        Refused: a field cannot be asked for; the sentence names it.
    """

    patient_id: str = ""
    """The whole id; * stands for any characters, and many archives take it."""
    accession_number: str = ""
    since: date | None = None
    """First day of the studies."""
    until: date | None = None
    """Last day."""
    modality: str = ""
    """Such as DX."""

    def __post_init__(self) -> None:
        for name, text in (
            ("patient's id", self.patient_id),
            ("accession number", self.accession_number),
        ):
            if len(text) > LONGEST_TEXT or not text.isprintable() or "\\" in text:
                raise Refused(
                    f"The {name} has more than {LONGEST_TEXT} characters, or some that none has. "
                    "Correct it."
                )
        if self.modality and not _MODALITY.fullmatch(self.modality):
            raise Refused("A modality is short, such as DX, CR or CT. Correct it.")
        if self.since and self.until and self.since > self.until:
            raise Refused("The first day comes after the last one. Exchange them.")


@dataclass(frozen=True)
class Patient:
    """Whose a study is: kept in memory while it is needed, and nowhere else."""

    patient_id: str
    issuer: str = ""

    def is_same(self, other: Patient) -> bool:
        """The same id, of the same issuer where both name one; an empty id is nobody's."""
        issuers = {self.issuer, other.issuer} - {""}
        return bool(self.patient_id) and self.patient_id == other.patient_id and len(issuers) < 2


@dataclass(frozen=True)
class FoundStudy:
    """One study. What the archive leaves out or says in a wrong way is empty."""

    study_uid: str
    patient: Patient
    accession_number: str
    day: date | None
    description: str
    modalities: tuple[str, ...]
    series: int | None
    instances: int | None


@dataclass(frozen=True)
class FoundSeries:
    """One series of a study."""

    series_uid: str
    modality: str
    description: str
    number: int | None
    instances: int | None


@dataclass(frozen=True)
class StudyPage:
    """One page of a search."""

    studies: tuple[FoundStudy, ...]
    offset: int
    """How many come before."""
    is_last: bool
    """There are no more, as far as the archive says."""

    def newest_first(self) -> StudyPage:
        """The same in order of their days, which no archive promises; those without one last."""
        ordered = sorted(self.studies, key=lambda study: study.day or date.min, reverse=True)
        return replace(self, studies=tuple(ordered))


@dataclass(frozen=True)
class InstanceAddress:
    """Where one instance lies."""

    study_uid: str
    series_uid: str
    instance_uid: str

    def __post_init__(self) -> None:
        if not all(is_uid(uid) for uid in (self.study_uid, self.series_uid, self.instance_uid)):
            raise ValueError("an instance is named by three UIDs")
