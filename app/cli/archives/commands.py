"""Archives listed, searched and brought in from; the worker does the last."""

from __future__ import annotations

from app.cli.archives.requests import (
    ArchivesRequest,
    FetchStudies,
    ListArchives,
    SearchArchive,
)
from app.cli.database import ready_workplace
from app.domain.archives.found import FoundStudy
from app.domain.text import counted
from app.services.archives import bringing, searching
from app.services.workplace import Workplace
from app.settings import Settings


def run(settings: Settings, request: ArchivesRequest) -> int:
    """One command; 1 where an archive of the list does not answer."""
    with ready_workplace(settings) as workplace:
        match request:
            case ListArchives():
                return _list(workplace)
            case SearchArchive():
                _search(workplace, request)
            case FetchStudies():
                job = bringing.start(
                    workplace, request.archive, request.studies, priors=request.priors
                )
                print(f"Batch {job.job_id} waits for the worker; its page says how far it is.")
    return 0


def _list(workplace: Workplace) -> int:
    names = searching.archives(workplace)
    if not names:
        print("There is no archive. Describe one in the file of DPROTONET_ARCHIVES.")
    problems = {name: searching.problem_of(workplace, name) for name in names}
    for name, problem in problems.items():
        print(f"{name}  {problem or 'answers'}")
    return 1 if any(problems.values()) else 0


def _search(workplace: Workplace, request: SearchArchive) -> None:
    page = searching.studies(
        workplace, request.archive, request.filters, limit=request.limit, offset=request.offset
    )
    for study in page.studies:
        print(_line(study))
    if not page.studies:
        print("There is no such study.")
    elif not page.is_last:
        print(f"There may be more: --offset {page.offset + len(page.studies)}")


def _line(study: FoundStudy) -> str:
    parts = [
        study.study_uid,
        study.day.isoformat() if study.day else "no date",
        "/".join(study.modalities),
        "" if study.instances is None else counted(study.instances, "image"),
        study.patient.patient_id,
        study.accession_number,
        study.description,
    ]
    return "  ".join(part for part in parts if part)
