"""Questions to an archive (QIDO-RS, PS3.18 10.6), and one instance out of it (WADO-RS, 10.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.domain.archives.archive import Archive
from app.domain.archives.found import (
    Filters,
    FoundSeries,
    FoundStudy,
    InstanceAddress,
    StudyPage,
)
from app.services.archives import answers
from app.services.archives.client import connected, opened
from app.services.archives.errors import BadAnswer
from app.services.archives.multipart import only_part
from dprotonet.images.file_names import printable

PAGE = 500  # series or instances asked for at once
MOST_SERIES = 10_000  # of one study
ROOM = 64 * 1024  # bytes of a multipart message beside its part
START = 4096  # bytes of a file in which its meta header names the instance
_STUDY_FIELDS = ["00081030", "00080061", "00201206", "00201208", "00100021"]
_ACCEPT = 'multipart/related; type="application/dicom"; transfer-syntax=*'
Stop = Callable[[], bool]


def never() -> bool:
    """Somebody waits for the answer."""
    return False


def find_studies(
    archive: Archive, filters: Filters, *, limit: int, offset: int = 0, stop: Stop = never
) -> StudyPage:
    """One page of the studies that an archive has.

    Raises:
        ArchiveError: it could not be asked.
    """
    with connected(archive, "search", stop=stop) as client:
        answer = client.search_for_studies(
            limit=limit, offset=offset, fields=_STUDY_FIELDS, search_filters=_asked(filters)
        )
    found = answers.studies(answer)
    # An archive that gives fewer than asked for has no more; one that knows no limit gives all.
    return StudyPage(found[:limit], offset, is_last=len(found) < limit)


def study_of(archive: Archive, study_uid: str, *, stop: Stop = never) -> FoundStudy | None:
    """One study; None where the archive has none of this UID."""
    with connected(archive, "search", stop=stop) as client:
        answer = client.search_for_studies(
            limit=2, fields=_STUDY_FIELDS, search_filters={"StudyInstanceUID": study_uid}
        )
    found = answers.studies(answer)
    return next((study for study in found if study.study_uid == study_uid), None)


def find_series(archive: Archive, study_uid: str, *, stop: Stop = never) -> tuple[FoundSeries, ...]:
    """All series of a study."""

    def ask(offset: int) -> tuple[FoundSeries, ...]:
        with connected(archive, "search", stop=stop) as client:
            return answers.series(
                client.search_for_series(
                    study_uid, limit=PAGE, offset=offset, fields=["00201209", "0008103E"]
                )
            )

    found: dict[str, FoundSeries] = {}
    while new := [one for one in ask(len(found)) if one.series_uid not in found]:
        found.update((one.series_uid, one) for one in new)
        if len(found) > MOST_SERIES:
            raise BadAnswer(
                f"The archive {archive.name} names more than {MOST_SERIES} series of one study. "
                "Ask who looks after it."
            )
    return tuple(found.values())


def find_instances(
    archive: Archive, study_uid: str, series_uid: str, *, offset: int = 0, stop: Stop = never
) -> tuple[InstanceAddress, ...]:
    """The next instances of a series, as many as an archive gives at once; none at the end.

    Args:
        archive: which.
        study_uid: of the study.
        series_uid: of the series.
        offset: how many came before.
        stop: asked whether nobody waits for it.
    """
    with connected(archive, "search", stop=stop) as client:
        answer = client.search_for_instances(study_uid, series_uid, limit=PAGE, offset=offset)
    return answers.instances(answer, study_uid=study_uid, series_uid=series_uid)


def instance(archive: Archive, where: InstanceAddress, *, most: int, stop: Stop = never) -> bytes:
    """One whole instance as it is stored, in the transfer syntax that it is stored in.

    Args:
        archive: which.
        where: it lies.
        most: bytes of the file.
        stop: asked between two pieces whether nobody waits for it.

    Raises:
        ArchiveError: it could not be had, or is another one than was asked for.
        Cancelled: ``stop`` said so.
    """
    path = f"/studies/{where.study_uid}/series/{where.series_uid}/instances/{where.instance_uid}"
    with opened(archive, most=most + ROOM, stop=stop) as session:
        response = session.get(
            f"{archive.retrieve}{path}",
            headers={"Accept": _ACCEPT},
            stream=True,
            timeout=archive.timeout,
        )
        response.raise_for_status()
        body = bytearray()
        for piece in response.iter_content():
            body += piece
        data = only_part(body, response.headers.get("Content-Type", ""))
    # The meta header of a file is never compressed (PS3.10 7.1). Reading it is the child's work;
    # here it is only asked whether it can be the right one.
    if where.instance_uid.encode("ascii") not in data[:START]:
        raise BadAnswer(
            f"The archive {archive.name} gave something else than the instance that was asked for. "
            "Ask who looks after it."
        )
    return data


def _asked(filters: Filters) -> dict[str, Any]:
    days = [day.strftime("%Y%m%d") if day else "" for day in (filters.since, filters.until)]
    asked = {
        "PatientID": filters.patient_id,
        "AccessionNumber": filters.accession_number,
        "ModalitiesInStudy": filters.modality,
        "StudyDate": "-".join(days) if any(days) else "",
    }
    return {name: printable(text) for name, text in asked.items() if text}
