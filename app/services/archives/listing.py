"""The instances of the studies that a batch brings in, as its rows, and those of earlier studies.

Whose a study is stays in this process's memory, for as long as its earlier ones are looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Protocol, TypeVar

from app.domain.archives.archive import Archive
from app.domain.archives.found import (
    MOST_STUDIES,
    Filters,
    FoundSeries,
    FoundStudy,
    InstanceAddress,
    StudyPage,
)
from app.domain.archives.wanted import Wanted, item_path, shown_as
from app.domain.permissions import within
from app.domain.text import counted
from app.services.archives import asking
from app.services.archives.asking import Stop
from app.services.archives.client import named
from app.services.deidentify import names
from app.services.workplace import Workplace
from app.store.batch_items import NewItem

MOST_OF_ONE = 1000  # studies of one patient that are looked at
KNOWN = "This image was already brought in."
Answer = TypeVar("Answer")


class Beside(Protocol):
    """Does something that waits for the network, and meanwhile what pages wait for."""

    def __call__(self, work: Callable[[Stop], Answer]) -> Answer:
        """What the work gives; it is told when nobody waits for it any more."""
        ...


@within
class Listing:
    """The rows of a batch, asked for as they are taken.

    Args:
        workplace: where.
        wanted: the studies.
        beside: how the archive is asked.
    """

    def __init__(self, workplace: Workplace, wanted: Wanted, beside: Beside) -> None:
        self._workplace, self._wanted, self._beside = workplace, wanted, beside
        self._archive = named(workplace, wanted.archive)
        self._missing = self._priors = self._uncertain = 0

    def items(self) -> Iterator[NewItem]:
        """All of them, study by study.

        Raises:
            ArchiveError: the archive cannot be asked.
            Cancelled: nobody waits for them.
        """
        for study in self._studies():
            for series in self._beside(partial(_series, self._archive, study)):
                known: set[InstanceAddress] = set()
                # An archive that repeats itself comes to an end.
                while new := self._more(study, series.series_uid, known):
                    known.update(new)
                    yield from self._rows(new)

    def sentences(self) -> list[str]:
        """What is to be said of the list, when it was made."""
        said = []
        if self._missing:
            said.append(f"Not in the archive: {counted(self._missing, 'study', 'studies')}.")
        if self._priors:
            said.append(f"Earlier: {counted(self._priors, 'study', 'studies')}.")
        if self._uncertain:
            said.append(
                f"Of {counted(self._uncertain, 'study', 'studies')} no earlier one was looked for, "
                "since the archive gives no patient or no date."
            )
        return said

    def _studies(self) -> Iterator[str]:
        given = dict.fromkeys(self._wanted.studies)
        for uid in tuple(given):
            study = self._beside(partial(_study, self._archive, uid))
            if study is None:
                self._missing += 1
                continue
            yield uid
            if self._wanted.priors:
                for prior in self._earlier(study):
                    if prior not in given:
                        given[prior] = None
                        self._priors += 1
                        yield prior

    def _earlier(self, study: FoundStudy) -> Sequence[str]:
        if not study.patient.patient_id or study.day is None:
            self._uncertain += 1
            return ()
        filters = Filters(patient_id=study.patient.patient_id, until=study.day)
        others: list[FoundStudy] = []
        is_last = False
        while not is_last and len(others) < MOST_OF_ONE:  # in whatever order the archive likes
            page = self._beside(partial(_page, self._archive, filters, len(others)))
            others += page.studies
            is_last = page.is_last
        return [one.study_uid for one in earlier(study, others)][: self._wanted.priors]

    def _rows(self, page: Sequence[InstanceAddress]) -> Iterator[NewItem]:
        stored = [names.stored(self._workplace, item_path(where)) for where in page]
        with self._workplace.store.read() as tx:
            known = tx.batch_items.cases_at(stored)
        for where, path in zip(page, stored, strict=True):
            case_id = known.get(path)
            yield NewItem(
                names.file_shown(self._workplace, f"{where.instance_uid}.dcm"),
                path=path,
                shown_path=names.path_shown(self._workplace, shown_as(where)),
                message=KNOWN if case_id else "",
                case_id=case_id,
            )

    def _more(self, study: str, series: str, known: set[InstanceAddress]) -> list[InstanceAddress]:
        page = self._beside(
            lambda stop: asking.find_instances(
                self._archive, study, series, offset=len(known), stop=stop
            )
        )
        return [where for where in page if where not in known]


def _study(archive: Archive, study_uid: str, stop: Stop) -> FoundStudy | None:
    return asking.study_of(archive, study_uid, stop=stop)


def _page(archive: Archive, filters: Filters, offset: int, stop: Stop) -> StudyPage:
    return asking.find_studies(archive, filters, limit=MOST_STUDIES, offset=offset, stop=stop)


def _series(archive: Archive, study_uid: str, stop: Stop) -> tuple[FoundSeries, ...]:
    return asking.find_series(archive, study_uid, stop=stop)


def earlier(study: FoundStudy, others: Sequence[FoundStudy]) -> list[FoundStudy]:
    """Of these studies those of the same patient before the day of this one, the newest first.

    What the archive found is compared again: it may take a part of an id for the id, or mix
    patients whose ids are of different issuers.
    """
    day = study.day or date.min
    found = [
        one
        for one in others
        if one.study_uid != study.study_uid
        and one.patient.is_same(study.patient)
        and one.day is not None
        and one.day < day
    ]
    return sorted(found, key=lambda one: (one.day or date.min, one.study_uid), reverse=True)
