"""Looking through an archive, for a page or a command. Nothing of it is kept.

The audit says that somebody searched, and in which archive; not for whom.
"""

from __future__ import annotations

from dataclasses import replace

from app.domain.archives.archive import Archive
from app.domain.archives.found import (
    MOST_STUDIES,
    Filters,
    FoundSeries,
    Patient,
    StudyPage,
    is_uid,
)
from app.domain.errors import Refused
from app.domain.permissions import needs
from app.services.archives import asking
from app.services.archives.client import named
from app.services.archives.errors import ArchiveError
from app.services.audit.recording import record
from app.services.deidentify.patients import check_chosen
from app.services.workplace import Workplace


@needs("search archives")
def archives(workplace: Workplace) -> tuple[str, ...]:
    """Names of the archives that the site describes, in its order."""
    return tuple(archive.name for archive in workplace.settings.archives)


@needs("search archives")
def problem_of(workplace: Workplace, name: str) -> str:
    """Why an archive cannot be searched now, as a sentence; empty where it can.

    Raises:
        NotFound: there is none of this name.
    """
    return reach_problem(named(workplace, name))


def reach_problem(archive: Archive) -> str:
    """The same of an archive."""
    try:
        asking.find_studies(archive, Filters(), limit=1)
    except ArchiveError as error:
        return str(error)
    return ""


@needs("search archives")
def studies(
    workplace: Workplace, name: str, filters: Filters, *, limit: int = 25, offset: int = 0
) -> StudyPage:
    """One page of the studies that an archive has, the newest of the page first.

    Args:
        workplace: where.
        name: of the archive.
        filters: what the search is narrowed to.
        limit: studies of the page, at most 100.
        offset: how many come before.

    Returns:
        What may be shown: where images are de-identified on their way in, patients are numbered as
        they come and accession numbers are left out.

    Raises:
        NotFound: there is no such archive.
        Refused: the page cannot be asked for, or it was not said yet whether patients' images
            will be held.
        ArchiveError: it cannot be searched now.
    """
    if not 1 <= limit <= MOST_STUDIES or not 0 <= offset < 10**6:
        raise Refused(f"A page has from 1 to {MOST_STUDIES} studies. Ask for fewer.")
    check_chosen(workplace)  # it decides what may be shown
    archive = named(workplace, name)
    with workplace.store.write() as tx:
        record(workplace, tx, "archive searched", subject=name)
    page = asking.find_studies(archive, filters, limit=limit, offset=offset)
    return _shown(workplace, page.newest_first())


@needs("search archives")
def series(workplace: Workplace, name: str, study_uid: str) -> tuple[FoundSeries, ...]:
    """The series of one study.

    Raises:
        NotFound: there is no such archive.
        Refused: the study is named by no UID.
        ArchiveError: it cannot be searched now.
    """
    if not is_uid(study_uid):
        raise Refused("A study is named by its UID, which has digits and dots. Correct it.")
    return asking.find_series(named(workplace, name), study_uid)


def _shown(workplace: Workplace, page: StudyPage) -> StudyPage:
    """Neither an id nor a pseudonym: the one beside the other would lead from each to a person."""
    if workplace.pseudonyms is None:
        return page
    numbers: dict[Patient, int] = {}
    studies = []
    for study in page.studies:
        name = ""
        if study.patient.patient_id:
            name = f"Patient {numbers.setdefault(study.patient, len(numbers) + 1)}"
        studies.append(replace(study, patient=Patient(name), accession_number=""))
    return replace(page, studies=tuple(studies))
