"""Studies of a real archive become cases, like files that were uploaded."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.archives.archive import Credentials
from app.domain.errors import NotFound, Refused
from app.domain.figures.batch_view import BatchFilters
from app.services import batches, jobs
from app.services.archives import asking, bringing, fetching
from app.services.archives.errors import Unreachable
from app.services.inference import folder_listing, queue
from app.services.workplace import Workplace
from app.settings import Settings
from dprotonet.errors import Cancelled
from tests.app.services.archives.fake_archive import FakeArchive, status
from tests.app.services.archives.studies import image, with_archive
from tests.app.services.batch_states import states
from tests.app.services.workplaces import FakePool, make_workplace, png
from tests.orthanc import Orthanc, encoded


@pytest.fixture
def site(workplace: Workplace, orthanc: Orthanc) -> Workplace:
    """A workplace whose site names the archive."""
    return with_archive(workplace, orthanc)


def rows(workplace: Workplace, job_id: str) -> list[Any]:
    return list(batches.rows(workplace, job_id, filters=BatchFilters()).rows)


def test_a_study_is_brought_in_byte_for_byte_and_read(
    site: Workplace, pool: FakePool, orthanc: Orthanc
) -> None:
    orthanc.hold(image(1), image(2), image(3, series="1.2.3.2"), image(4, study="1.2.9"))
    job = bringing.start(site, "main", ["1.2.3"])
    queue.run_pending(site, pool)
    state = batches.progress(site, job.job_id)
    assert (state.title, state.job.state, state.counts) == (
        "1 study from main",
        "done",
        {"done": 3},
    )
    held = {file for file in orthanc.instances() if b"1.2.9" not in file}
    with site.store.read() as tx:
        cases = [tx.cases.get(row.case_id) for row in rows(site, job.job_id)]
    assert {site.blobs.read(case.file_sha256) for case in cases} == held
    assert {case.source for case in cases} == {"archive"}
    assert {row.file_sha256 for row in rows(site, job.job_id)} == {c.file_sha256 for c in cases}


def test_an_instance_is_fetched_once_whichever_batch_asks_for_it(
    site: Workplace, pool: FakePool, orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch
) -> None:
    orthanc.hold(image(1), image(2, study="1.2.9"))
    bringing.start(site, "main", ["1.2.3"])
    queue.run_pending(site, pool)
    asked: list[str] = []
    instance = asking.instance

    def counted(archive: Any, where: Any, **more: Any) -> bytes:
        asked.append(where.instance_uid)
        return instance(archive, where, **more)

    monkeypatch.setattr(asking, "instance", counted)
    job = bringing.start(site, "main", ["1.2.3", "1.2.9"])
    queue.run_pending(site, pool)
    assert asked == ["1.2.3.2"]
    found = {row.state: row.message for row in rows(site, job.job_id)}
    assert found["duplicate"] == "This image was already brought in." and "done" in found


def test_a_file_that_was_uploaded_before_is_no_second_case(
    site: Workplace, pool: FakePool, orthanc: Orthanc
) -> None:
    orthanc.hold(image(1))
    batches.start_upload(site, [("a.dcm", orthanc.instances()[0])])
    job = bringing.start(site, "main", ["1.2.3"])
    queue.run_pending(site, pool)
    assert [state for _, state in states(site, job.job_id)] == ["duplicate"]


def test_one_bad_instance_costs_itself_alone_and_is_listed(
    site: Workplace, pool: FakePool, orthanc: Orthanc
) -> None:
    bad = image(2)
    bad.PixelData = bad.PixelData[:100]
    report = image(3)
    del report.PixelData
    orthanc.hold(image(1), encoded(bad), encoded(report), image(4))
    job = bringing.start(site, "main", ["1.2.3"])
    queue.run_pending(site, pool)
    state = batches.progress(site, job.job_id)
    assert state.job.state == "done" and state.counts["done"] == 2 and state.total == 4
    assert all(row.message for row in rows(site, job.job_id) if row.state != "done")


def test_earlier_studies_of_the_same_patient_come_along(
    site: Workplace, pool: FakePool, orthanc: Orthanc
) -> None:
    orthanc.hold(
        image(1, study="1.2.3", day="20240105"),
        image(2, study="1.2.4", day="20231105"),
        image(3, study="1.2.5", day="20221105"),
        image(4, study="1.2.6", day="20240901"),  # later
        image(5, study="1.2.7", day="20200101", patient="P11"),  # somebody else
    )
    job = bringing.start(site, "main", ["1.2.3"], priors=1)
    queue.run_pending(site, pool)
    state = batches.progress(site, job.job_id)
    assert state.counts == {"done": 2} and state.job.message == "Earlier: 1 study."
    with site.store.read() as tx:
        came = {tx.cases.get(row.case_id).facts.study_uid for row in rows(site, job.job_id)}
    assert came == {"1.2.3", "1.2.4"}


def test_a_study_that_is_not_there_is_said(
    site: Workplace, pool: FakePool, orthanc: Orthanc
) -> None:
    job = bringing.start(site, "main", ["1.2.3"])
    queue.run_pending(site, pool)
    state = batches.progress(site, job.job_id)
    assert state.total == 0 and state.job.message == "Not in the archive: 1 study."


def test_a_patient_is_named_nowhere(
    tmp_path: Path, assets: Path, empty_sqlite: Path, pool: FakePool, orthanc: Orthanc, caplog: Any
) -> None:
    from app.services.deidentify.key import PseudonymKey

    orthanc.hold(
        image(1, patient="MRN-77"), image(2, study="1.2.4", patient="MRN-77", day="20200101")
    )
    key = PseudonymKey(b"k" * 32)
    opened = make_workplace(
        Settings(tmp_path / "data", assets=assets), database=empty_sqlite, pseudonyms=key
    )
    site = with_archive(opened, orthanc)
    with caplog.at_level("DEBUG", logger="app"):
        job = bringing.start(site, "main", ["1.2.3"], priors=3)
        queue.run_pending(site, pool)
    found = rows(site, job.job_id)
    assert [row.state for row in found] == ["done", "done"]
    with site.store.read() as tx:
        patients = {tx.identities.patient_of(row.file_sha256) for row in found}
    assert patients == {key.patient("id mrn-77 of ")}  # a prior is known as one
    again = bringing.start(site, "main", ["1.2.3"])
    queue.run_pending(site, pool)
    assert [row.state for row in rows(site, again.job_id)] == ["duplicate"]
    opened.close()
    kept = b"".join(file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file())
    for said in ("MRN-77", "mrn-77", "Doe", "1.2.840.10008.5.1.4.1.1.1.1.9", "1.2.3/"):
        assert said.encode() not in kept and said not in caplog.text


def test_an_archive_that_is_away_ends_the_batch_which_can_be_retried(
    site: Workplace, pool: FakePool, orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch
) -> None:
    orthanc.hold(image(1), image(2), image(3))
    instance, is_away = asking.instance, threading.Event()
    asked: list[str] = []

    def away(archive: Any, where: Any, **more: Any) -> bytes:
        asked.append(where.instance_uid)
        if is_away.is_set():
            raise Unreachable("The archive main cannot be reached.")
        return instance(archive, where, **more)

    monkeypatch.setattr(asking, "instance", away)
    monkeypatch.setattr(
        fetching,
        "reach_problem",
        lambda archive: "The archive is away." if is_away.is_set() else "",
    )
    is_away.set()
    job = bringing.start(site, "main", ["1.2.3"])
    queue.run_pending(site, pool)
    assert batches.progress(site, job.job_id).counts == {"error": 3} and len(asked) == 1
    assert {row.message for row in rows(site, job.job_id)} == {
        "The archive main cannot be reached.",
        "The archive is away.",
    }
    is_away.clear()
    batches.retry(site, job.job_id)
    queue.run_pending(site, pool)
    assert batches.progress(site, job.job_id).counts == {"done": 3}


def test_a_password_that_is_not_accepted_is_not_tried_for_each_instance(
    site: Workplace, pool: FakePool, orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch
) -> None:
    orthanc.hold(image(1), image(2), image(3))
    job = bringing.start(site, "main", ["1.2.3"])
    with site.store.write() as tx:
        listing = tx.folder_listings.claim(site.clock())
    assert listing is not None
    folder_listing.run(site, *listing, between=lambda: None, stop=lambda: False)
    wrong = replace(orthanc.archive, credentials=Credentials("dprotonet", "wrong"))
    changed = replace(site, settings=replace(site.settings, archives=(wrong,)))
    asked: list[int] = []
    instance = asking.instance

    def counted(*given: Any, **more: Any) -> bytes:
        asked.append(1)
        return instance(*given, **more)

    monkeypatch.setattr(asking, "instance", counted)
    queue.run_pending(changed, pool)
    found = rows(site, job.job_id)
    assert [row.state for row in found] == ["error"] * 3
    assert all("does not accept the user or token" in row.message for row in found)
    assert asked == [1]


def test_a_fault_of_one_instance_is_not_taken_for_an_archive_that_is_away(
    site: Workplace, pool: FakePool, orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch
) -> None:
    orthanc.hold(image(1), image(2))
    instance = asking.instance

    def breaks(archive: Any, where: Any, **more: Any) -> bytes:
        if where.instance_uid == "1.2.3.1":
            raise Unreachable("It broke off.")
        return instance(archive, where, **more)

    monkeypatch.setattr(asking, "instance", breaks)
    job = bringing.start(site, "main", ["1.2.3"])
    queue.run_pending(site, pool)
    assert batches.progress(site, job.job_id).counts == {"done": 1, "error": 1}


def test_a_cancelled_batch_stops_in_the_midst_of_an_instance_and_goes_on_when_asked(
    site: Workplace, pool: FakePool, orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch
) -> None:
    orthanc.hold(image(1), image(2))
    instance = asking.instance

    def slow(archive: Any, where: Any, *, most: int, stop: Any) -> bytes:
        jobs.cancel(site, job.job_id)
        for _ in range(200):
            if stop():
                raise Cancelled
            threading.Event().wait(0.05)
        return instance(archive, where, most=most)

    monkeypatch.setattr(asking, "instance", slow)
    job = bringing.start(site, "main", ["1.2.3"])
    queue.run_pending(site, pool)
    state = batches.progress(site, job.job_id)
    assert (state.job.state, state.counts) == ("cancelled", {"waiting": 2})
    monkeypatch.setattr(asking, "instance", instance)
    batches.resume(site, job.job_id)
    queue.run_pending(site, pool)
    assert batches.progress(site, job.job_id).counts == {"done": 2}


def test_a_page_is_served_while_an_instance_is_waited_for(
    site: Workplace, pool: FakePool, orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.services.uploading import intake

    orthanc.hold(image(1))
    instance, served = asking.instance, threading.Event()

    def slow(archive: Any, where: Any, **more: Any) -> bytes:
        added = intake.add(site, png(7), name="b.png")
        with site.store.read() as tx:
            (job,) = tx.jobs.of_case(added.case_id or "", frame=0)
        for _ in range(200):
            with site.store.read() as tx:
                if tx.jobs.get(job.job_id).state == "done":
                    served.set()
                    break
            threading.Event().wait(0.05)
        return instance(archive, where, **more)

    monkeypatch.setattr(asking, "instance", slow)
    bringing.start(site, "main", ["1.2.3"])
    queue.run_pending(site, pool)
    assert served.is_set()


def test_an_archive_that_cannot_be_listed_gives_the_batch_up_with_the_reason(
    workplace: Workplace, pool: FakePool, fake: FakeArchive
) -> None:
    fake.answer = status(503)
    site = replace(workplace, settings=replace(workplace.settings, archives=(fake.archive,)))
    job = bringing.start(site, "fake", ["1.2.3"])
    queue.run_pending(site, pool)
    state = batches.progress(site, job.job_id)
    assert state.job.state == "failed" and "The archive fake cannot answer now" in state.job.message


def test_what_cannot_be_brought_in_is_refused_before_anything_begins(site: Workplace) -> None:
    for studies, why in (
        ([], "from 1 to"),
        (["1.2/../3"], "by its UID"),
        (["1"] * 201, "from 1 to"),
    ):
        with pytest.raises(Refused, match=why):
            bringing.start(site, "main", studies)
    with pytest.raises(Refused, match="At most 20"):
        bringing.start(site, "main", ["1"], priors=21)
    with pytest.raises(NotFound, match="no archive of this name"):
        bringing.start(site, "other", ["1"])


def test_the_same_studies_are_brought_in_by_one_batch_at_a_time(site: Workplace) -> None:
    first = bringing.start(site, "main", ["1.2.3", "1.2.4"])
    assert bringing.start(site, "main", ["1.2.4", "1.2.3"]).job_id == first.job_id
    assert bringing.start(site, "main", ["1.2.3"]).job_id != first.job_id
