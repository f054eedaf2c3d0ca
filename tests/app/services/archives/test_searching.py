"""Who may look through an archive, and what the audit says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.actors import Actor
from app.domain.archives.found import Filters
from app.domain.audit.entries import AuditFilters
from app.domain.errors import Forbidden, NotFound, Refused
from app.services.archives import searching
from app.services.workplace import Workplace
from tests.app.services.archives.fake_archive import FakeArchive, status
from tests.app.services.archives.studies import image, with_archive
from tests.app.store.one_database import one_database  # noqa: F401  it writes audit alone
from tests.orthanc import Orthanc


def test_a_search_gives_studies_and_their_series(workplace: Workplace, orthanc: Orthanc) -> None:
    site = with_archive(workplace, orthanc)
    orthanc.hold(image(1), image(2, study="1.2.4"))
    assert searching.archives(site) == ("main",) and searching.problem_of(site, "main") == ""
    page = searching.studies(site, "main", Filters(accession_number="A3"))
    assert [study.study_uid for study in page.studies] == ["1.2.3"]
    assert [one.modality for one in searching.series(site, "main", "1.2.3")] == ["DX"]


def test_the_audit_says_that_somebody_searched_and_not_for_whom(
    workplace: Workplace, orthanc: Orthanc
) -> None:
    site = with_archive(workplace, orthanc)
    searching.studies(site, "main", Filters(patient_id="HIDDEN"))
    with site.store.read() as tx:
        (entry,) = tx.audit.page(AuditFilters(action="archive searched"), page=0, size=9).rows
    assert (entry.actor, entry.subject) == (site.reader, "main")
    assert "HIDDEN" not in repr(entry)


@pytest.mark.parametrize("role", ["reader", "adjudicator", "admin", "auditor"])
def test_it_takes_a_lead(workplace: Workplace, role: str) -> None:
    somebody = workplace.of(Actor("Ann", "reader", frozenset({role})))  # type: ignore[arg-type]
    with pytest.raises(Forbidden, match="role lead"):
        searching.studies(somebody, "main", Filters())


def test_an_archive_that_cannot_be_searched_says_why(
    workplace: Workplace, fake: FakeArchive
) -> None:
    fake.answer = status(401)
    site = replace(workplace, settings=replace(workplace.settings, archives=(fake.archive,)))
    assert "does not accept the user or token" in searching.problem_of(site, "fake")


def test_what_cannot_be_asked_for_is_refused(workplace: Workplace, orthanc: Orthanc) -> None:
    site = with_archive(workplace, orthanc)
    for limit, offset in ((0, 0), (101, 0), (1, -1), (1, 10**6)):
        with pytest.raises(Refused, match="A page has from 1 to 100"):
            searching.studies(site, "main", Filters(), limit=limit, offset=offset)
    with pytest.raises(Refused, match="by its UID"):
        searching.series(site, "main", "1/2")
    with pytest.raises(NotFound):
        searching.studies(site, "other", Filters())


def test_where_images_are_deidentified_patients_are_numbered(
    workplace: Workplace, orthanc: Orthanc
) -> None:
    from app.services.deidentify.key import PseudonymKey

    site = with_archive(workplace, orthanc)
    orthanc.hold(
        image(1, study="1.2.3", patient="MRN-1"),
        image(2, study="1.2.4", patient="MRN-2"),
        image(3, study="1.2.5", patient="MRN-1"),
    )
    named = searching.studies(site, "main", Filters())
    assert {study.patient.patient_id for study in named.studies} == {"MRN-1", "MRN-2"}
    closed = replace(site, pseudonyms=PseudonymKey(b"k" * 32))
    found = {
        study.study_uid: study for study in searching.studies(closed, "main", Filters()).studies
    }
    assert found["1.2.3"].patient == found["1.2.5"].patient != found["1.2.4"].patient
    assert {study.patient.patient_id for study in found.values()} == {"Patient 1", "Patient 2"}
    assert {study.accession_number for study in found.values()} == {""}
