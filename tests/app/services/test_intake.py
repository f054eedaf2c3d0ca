"""Files coming in: whole or not at all, the same pixels once."""

import threading
from pathlib import Path

import pytest

from app.domain.cases import CaseFilters
from app.domain.errors import Refused
from app.services import intake, review, work
from app.services.workplace import Workplace
from app.settings import Settings
from dprotonet.errors import NotAnImage, ReadableError, UnreadableImage
from tests.app.services.places import FakeBench, dicom, make_place, png


def test_a_film_becomes_a_case_with_its_bytes_and_a_prediction_in_line(place: Workplace) -> None:
    data = dicom(1)
    taken = intake.add(place, data, name="film.dcm")
    assert taken.outcome == "added"
    sheet = review.open_case(place, taken.case_id)
    assert review.original(place, taken.case_id) == data
    assert (sheet.case.facts.format, sheet.case.facts.view_position) == ("dicom", "PA")
    assert [job.kind for job in sheet.jobs] == ["predict"]
    assert sheet.model_name == "nih-pneumonia"


def test_the_same_pixels_twice_are_one_case_even_in_another_container(place: Workplace) -> None:
    first = intake.add(place, dicom(1, study_uid="1.2.3"), name="a.dcm")
    again = intake.add(place, dicom(1, study_uid="1.2.3"), name="b.dcm")
    other_bytes = intake.add(place, dicom(1, study_uid="9.9"), name="c.dcm")
    assert [again.outcome, other_bytes.outcome] == ["duplicate", "duplicate"]
    assert again.case_id == other_bytes.case_id == first.case_id
    assert "a.dcm" in again.message
    assert review.list_cases(place).total == 1
    assert len(list(place.blobs.all_keys())) == 1


def test_a_file_that_cannot_be_read_leaves_nothing_behind(place: Workplace) -> None:
    broken = dicom(1)[:-200]
    with pytest.raises(UnreadableImage):
        intake.add(place, broken, name="broken.dcm")
    with pytest.raises(NotAnImage):
        intake.add(place, b"Dear colleague,", name="letter.txt")
    with pytest.raises(ReadableError):
        intake.add(place, b"", name="empty.png")
    assert review.list_cases(place).total == 0
    assert not list(place.blobs.all_keys())
    assert not [path for path in place.settings.blobs.rglob("*") if path.is_file()]


def test_one_bad_file_among_several_costs_itself_only(place: Workplace) -> None:
    results = intake.add_many(
        place, [("a.png", png(1)), ("b.png", b"\x89PNG broken"), ("c.txt", b"text"), ("d", png(2))]
    )
    assert [r.outcome for r in results] == ["added", "error", "skipped", "added"]
    assert results[1].message and results[2].message


def test_a_failure_while_writing_rows_takes_the_blob_back(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **more: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(intake.jobs, "enqueue_prediction", full)
    with pytest.raises(OSError, match="disk full"):
        intake.add(place, png(1), name="a.png")
    assert review.list_cases(place).total == 0
    assert not list(place.blobs.all_keys())


def test_a_name_loses_its_folders_and_control_characters(place: Workplace) -> None:
    names = ["/home/x/Miller Anna/film.dcm", "C:\\films\\film2.dcm", "fi\x00lm\n3.dcm", "../.."]
    for number, name in enumerate(names):
        intake.add(place, png(number), name=name)
    shown = {row.file_name for row in review.list_cases(place).rows}
    assert shown == {"film.dcm", "film2.dcm", "film3.dcm", "unnamed"}


def test_no_patient_name_of_the_header_reaches_a_row(place: Workplace, bench: FakeBench) -> None:
    intake.add(place, dicom(1, name="Zebrowski^Quentin"), name="film.dcm")
    work.run_pending(place, bench)
    from sqlalchemy import inspect, text

    with place.store.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).fetchall()
            assert "Zebrowski" not in repr(rows)


def test_a_file_over_the_cap_is_refused_with_the_setting_named(
    sqlite_url: str, tmp_path: Path, assets: Path
) -> None:
    place = make_place(
        Settings(tmp_path / "d", database_url=sqlite_url, assets=assets, file_bytes=100)
    )
    with pytest.raises(Refused, match="DPROTONET_FILE_MB"):
        intake.add(place, png(1, side=64), name="a.png")
    assert not [path for path in place.settings.blobs.rglob("*") if path.is_file()]
    with pytest.raises(Refused, match="3 files; 2 fit"):
        intake.check_upload(
            make_place(Settings(tmp_path / "e", database_url=sqlite_url, upload_files=2)),
            files=3,
            size=1,
        )


def test_many_threads_handing_in_the_same_film_make_one_case(place: Workplace) -> None:
    data = [dicom(7, study_uid=f"1.{n % 3}") for n in range(12)]
    results: list[intake.Intake] = []
    threads = [
        threading.Thread(target=lambda d=d: results.append(intake.add(place, d, name="x.dcm")))
        for d in data
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(r.outcome for r in results) == ["added"] + ["duplicate"] * 11
    assert len({r.case_id for r in results}) == 1
    assert len(list(place.blobs.all_keys())) == 1


def test_files_of_one_study_stand_together_in_the_list(place: Workplace) -> None:
    for number, study in enumerate(["1.1", "2.2", "1.1", "3.3", "1.1"]):
        intake.add(place, dicom(number, study_uid=study), name=f"{number}.dcm")
    rows = review.list_cases(place, CaseFilters(order="newest")).rows
    assert [row.study_key for row in rows] == ["1.1", "1.1", "1.1", "3.3", "2.2"]
    assert [row.study_files for row in rows] == [3, 3, 3, 1, 1]
    sheet = review.open_case(place, rows[0].case_id)
    assert {row.file_name for row in sheet.study} == {"2.dcm", "4.dcm"}
