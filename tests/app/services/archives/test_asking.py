"""Questions to a real archive, and answers of one that lies."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from app.domain.archives.found import Filters, InstanceAddress
from app.services.archives import asking
from app.services.archives.errors import ArchiveError, BadAnswer, NotThere, Unreachable
from app.services.dicom_out.saliency import parametric_map
from tests.app.services.archives.fake_archive import FakeArchive, body
from tests.app.services.archives.studies import image
from tests.app.services.dicom_out.reads import read_of
from tests.orthanc import Orthanc, encoded

WHERE = InstanceAddress("1.2.3", "1.2.3.1", "1.2.3.7")


def uids(orthanc: Orthanc, filters: Filters, *, limit: int = 25, offset: int = 0) -> list[str]:
    page = asking.find_studies(orthanc.archive, filters, limit=limit, offset=offset)
    return sorted(study.study_uid for study in page.studies)


def test_studies_are_found_by_patient_number_days_and_modality(orthanc: Orthanc) -> None:
    orthanc.hold(
        image(1, study="1.2.3", patient="A", day="20240105"),
        image(2, study="1.2.4", patient="A", day="20230105"),
        image(3, study="1.2.5", patient="B", day="20220105", Modality="CR"),
    )
    assert uids(orthanc, Filters()) == ["1.2.3", "1.2.4", "1.2.5"]
    assert uids(orthanc, Filters(patient_id="A")) == ["1.2.3", "1.2.4"]
    assert uids(orthanc, Filters(accession_number="A4")) == ["1.2.4"]
    assert uids(orthanc, Filters(modality="CR")) == ["1.2.5"]
    assert uids(orthanc, Filters(since=date(2023, 1, 1))) == ["1.2.3", "1.2.4"]
    assert uids(orthanc, Filters(until=date(2022, 12, 31))) == ["1.2.5"]
    assert uids(orthanc, Filters(patient_id="A", until=date(2023, 1, 5))) == ["1.2.4"]


def test_a_study_comes_with_what_is_shown_of_it(orthanc: Orthanc) -> None:
    orthanc.hold(image(1), image(2), image(3, series="1.2.3.2", Modality="SR"))
    study = asking.study_of(orthanc.archive, "1.2.3")
    assert study is not None
    assert (study.day, study.description) == (date(2024, 1, 5), "Chest")
    assert (set(study.modalities), study.series, study.instances) == ({"DX", "SR"}, 2, 3)
    assert asking.study_of(orthanc.archive, "1.2.99") is None
    series = asking.find_series(orthanc.archive, "1.2.3")
    assert {(one.series_uid, one.modality, one.instances) for one in series} == {
        ("1.2.3.1", "DX", 2),
        ("1.2.3.2", "SR", 1),
    }


def test_pages_follow_each_other_without_gap_and_end(orthanc: Orthanc) -> None:
    orthanc.hold(*(image(n, study=f"1.2.{n}") for n in range(1, 6)))
    pages = [
        asking.find_studies(orthanc.archive, Filters(), limit=2, offset=at) for at in (0, 2, 4)
    ]
    found = [study.study_uid for page in pages for study in page.studies]
    assert sorted(found) == [f"1.2.{n}" for n in range(1, 6)]
    assert [page.is_last for page in pages] == [False, False, True]


def test_instances_are_listed_page_by_page(
    orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PAGE", 2)
    orthanc.hold(*(image(n) for n in range(5)))
    found: list[str] = []
    while page := asking.find_instances(orthanc.archive, "1.2.3", "1.2.3.1", offset=len(found)):
        found += [where.instance_uid for where in page]
    assert sorted(found) == [f"1.2.3.{n}" for n in range(5)]


def shipped(name: str) -> bytes:
    return Path(str(get_testdata_file(name))).read_bytes()


def a_parametric_map() -> bytes:
    read = read_of("ct")
    assert read.heatmap is not None
    return encoded(parametric_map(read, read.heatmap))


@pytest.mark.parametrize(
    "make",
    [
        a_parametric_map,
        partial(shipped, "liver_1frame.dcm"),  # a binary segmentation
        partial(shipped, "JPEG2000.dcm"),
        partial(shipped, "CT_small.dcm"),
    ],
)
def test_a_whole_instance_comes_as_it_is_stored(
    orthanc: Orthanc, make: Callable[[], bytes]
) -> None:
    data = make()
    dataset = dcmread(BytesIO(data), stop_before_pixels=True)
    orthanc.hold(data)
    where = InstanceAddress(
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID
    )
    assert asking.instance(orthanc.archive, where, most=len(data)) == data


def test_an_instance_that_is_not_there_or_too_large_is_told(
    orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch
) -> None:
    orthanc.hold(image(7))
    with pytest.raises(NotThere):
        asking.instance(orthanc.archive, replace(WHERE, instance_uid="1.2.3.8"), most=10**6)
    monkeypatch.setattr(asking, "ROOM", 0)
    with pytest.raises(BadAnswer, match="answers with more than"):
        asking.instance(orthanc.archive, WHERE, most=500)


def message(*parts: bytes, end: bytes = b"--") -> Any:
    lines = b"".join(b"\r\n--edge\r\nContent-Type: application/dicom\r\n\r\n" + p for p in parts)
    return body(
        lines + b"\r\n--edge" + end, 'multipart/related; type="application/dicom"; boundary=edge'
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (message(b"another file"), "something else than the instance"),
        (message(b"1.2.3.7", b"1.2.3.7"), "not DICOMweb"),
        (message(), "not DICOMweb"),
        (body(b"1.2.3.7", "text/html"), "not DICOMweb"),
        (body(b"1.2.3.7", "multipart/related"), "not DICOMweb"),
    ],
)
def test_what_is_no_such_instance_is_refused(fake: FakeArchive, answer: Any, why: str) -> None:
    fake.answer = answer
    with pytest.raises(BadAnswer, match=why):
        asking.instance(fake.archive, WHERE, most=10**6)


def test_an_instance_without_a_message_around_it_is_taken(fake: FakeArchive) -> None:
    fake.answer = body(b"DICM 1.2.3.7", "application/dicom")
    assert asking.instance(fake.archive, WHERE, most=10**6) == b"DICM 1.2.3.7"


def test_an_instance_that_breaks_off_may_be_whole_later(fake: FakeArchive) -> None:
    fake.answer = body(b"1.2.3.7", "application/dicom", length=1000)
    with pytest.raises(Unreachable):
        asking.instance(fake.archive, WHERE, most=10**6)


def test_an_archive_that_repeats_its_series_comes_to_an_end(
    fake: FakeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.answer = body(json.dumps([{"0020000E": {"vr": "UI", "Value": ["1.2"]}}]).encode())
    assert [one.series_uid for one in asking.find_series(fake.archive, "1")] == ["1.2"]
    assert len(fake.asked) == 2

    def ever_more(request: BaseHTTPRequestHandler) -> None:
        item = {"0020000E": {"vr": "UI", "Value": [f"1.{len(fake.asked)}"]}}
        body(json.dumps([item]).encode())(request)

    fake.answer = ever_more
    monkeypatch.setattr(asking, "MOST_SERIES", 5)
    with pytest.raises(BadAnswer, match="more than 5 series"):
        asking.find_series(fake.archive, "1")


def test_an_archive_that_knows_no_limit_gives_one_page(fake: FakeArchive) -> None:
    items = [{"0020000D": {"vr": "UI", "Value": [f"1.{n}"]}} for n in range(50)]
    fake.answer = body(json.dumps(items).encode())
    page = asking.find_studies(fake.archive, Filters(), limit=10)
    assert len(page.studies) == 10 and not page.is_last


def test_what_is_asked_for_is_not_more_than_was_given(fake: FakeArchive) -> None:
    fake.answer = body(b"[]")
    asking.find_studies(fake.archive, Filters(patient_id="a&b=c #1/../x"), limit=1)
    path, _ = fake.asked[0]
    assert path.startswith("/dicom-web/studies?") and "PatientID=a%26b%3Dc" in path
    assert "#" not in path and "/../" not in path


def test_brackets_without_end_are_no_answer(fake: FakeArchive) -> None:
    fake.answer = body(b"[" * 10**6)
    with pytest.raises(ArchiveError, match="not DICOMweb"):
        asking.find_studies(fake.archive, Filters(), limit=1)
