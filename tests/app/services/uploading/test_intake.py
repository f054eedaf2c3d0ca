"""Files coming in: whole or not at all, the same file once."""

import threading
from pathlib import Path

import pytest

from app.domain.cases import CaseFilters
from app.domain.errors import Refused
from app.services import review
from app.services.inference import queue
from app.services.uploading import intake, several
from app.services.workplace import Workplace
from app.settings import Settings
from dprotonet.errors import NotAnImage, ReadableError, UnreadableImage
from tests.app.services.workplaces import FakePool, damaged_frame, dicom, make_workplace, png


def test_an_image_becomes_a_case_with_its_bytes_and_a_prediction_in_line(
    workplace: Workplace,
) -> None:
    data = dicom(1)
    taken = intake.add(workplace, data, name="image.dcm")
    assert taken.outcome == "added"
    sheet = review.open_case(workplace, taken.case_id)
    assert review.original(workplace, taken.case_id) == data
    assert (sheet.case.facts.format, sheet.case.facts.view_position) == ("dicom", "PA")
    assert [job.kind for job in sheet.jobs] == ["predict"]
    assert sheet.model_name == "nih-pneumonia"


def test_the_same_file_twice_is_one_case(workplace: Workplace) -> None:
    first = intake.add(workplace, dicom(1), name="a.dcm")
    again = intake.add(workplace, dicom(1), name="b.dcm")
    assert again.outcome == "duplicate" and again.case_id == first.case_id
    assert "a.dcm" in again.message
    assert review.list_cases(workplace).total == 1
    assert len(list(workplace.blobs.all_keys())) == 1


def test_the_same_pixels_under_another_header_are_a_case_of_their_own_that_names_the_first(
    workplace: Workplace,
) -> None:
    first = intake.add(workplace, dicom(1, study_uid="1.2.3"), name="a.dcm")
    second = intake.add(workplace, dicom(1, study_uid="9.9"), name="b.dcm")
    third = intake.add(workplace, dicom(1, study_uid="8.8"), name="c.dcm")
    assert [one.outcome for one in (first, second, third)] == ["added"] * 3
    assert not first.message
    assert "same pixels as “a.dcm”" in second.message and "“a.dcm”" in third.message
    twins = review.open_case(workplace, str(third.case_id)).twins
    assert [twin.file_name for twin in twins] == ["a.dcm", "b.dcm"]
    assert review.original(workplace, str(second.case_id)) == dicom(1, study_uid="9.9")
    review.delete_case(workplace, str(first.case_id))
    assert [twin.case_id for twin in review.open_case(workplace, str(third.case_id)).twins] == [
        second.case_id
    ]


def test_a_header_with_what_no_column_can_hold_costs_no_image(workplace: Workplace) -> None:
    odd = dicom(1, study_uid="1.2.3").replace(b"CS\x02\x00PA", b"CS\x04\x00P\x00A ")
    assert odd != dicom(1, study_uid="1.2.3")
    taken = intake.add(workplace, odd, name="odd.dcm")
    assert review.open_case(workplace, str(taken.case_id)).case.facts.view_position == "PA"


def test_an_image_of_many_frames_costs_one_frame_and_a_damaged_later_one_says_so_itself(
    workplace: Workplace, pool: FakePool
) -> None:
    taken = intake.add(workplace, damaged_frame(1, frames=3), name="cine.dcm")
    queue.run_pending(workplace, pool)
    sheet = review.open_case(workplace, str(taken.case_id))
    assert sheet.prediction is not None and sheet.case.facts.frames == 3
    assert sheet.case.pixel_hash == "encoded"
    for frame in (1, 2):
        review.open_case(workplace, str(taken.case_id), frame=frame)
    queue.run_pending(workplace, pool)
    damaged = review.open_case(workplace, str(taken.case_id), frame=1)
    assert damaged.prediction is None and damaged.problem and damaged.problem[-1] == "."
    assert review.open_case(workplace, str(taken.case_id), frame=2).prediction is not None


def test_a_file_that_cannot_be_read_leaves_nothing_behind(workplace: Workplace) -> None:
    broken = dicom(1)[:-200]
    with pytest.raises(UnreadableImage):
        intake.add(workplace, broken, name="broken.dcm")
    with pytest.raises(NotAnImage):
        intake.add(workplace, b"Dear colleague,", name="letter.txt")
    with pytest.raises(ReadableError):
        intake.add(workplace, b"", name="empty.png")
    assert review.list_cases(workplace).total == 0
    assert not list(workplace.blobs.all_keys())
    assert not [path for path in workplace.settings.blobs.rglob("*") if path.is_file()]


def test_one_bad_file_among_several_costs_itself_only(workplace: Workplace) -> None:
    results = several.add_many(
        workplace,
        [("a.png", png(1)), ("b.png", b"\x89PNG broken"), ("c.txt", b"text"), ("d", png(2))],
    )
    assert [r.outcome for r in results] == ["added", "error", "skipped", "added"]
    assert results[1].message and results[2].message


def test_a_failure_while_writing_rows_takes_the_blob_back(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **more: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(intake.jobs, "enqueue_prediction", full)
    with pytest.raises(OSError, match="disk full"):
        intake.add(workplace, png(1), name="a.png")
    assert review.list_cases(workplace).total == 0
    assert not list(workplace.blobs.all_keys())


def test_a_name_loses_its_folders_and_control_characters(workplace: Workplace) -> None:
    names = ["/home/x/Miller Anna/image.dcm", "C:\\images\\image2.dcm", "im\x00age\n3.dcm", "../.."]
    for number, name in enumerate(names):
        intake.add(workplace, png(number), name=name)
    displayed = {row.file_name for row in review.list_cases(workplace).rows}
    assert displayed == {"image.dcm", "image2.dcm", "image3.dcm", "unnamed"}


def test_no_patient_name_of_the_header_reaches_a_row(workplace: Workplace, pool: FakePool) -> None:
    intake.add(workplace, dicom(1, name="Zebrowski^Quentin"), name="image.dcm")
    queue.run_pending(workplace, pool)
    from sqlalchemy import inspect, text

    with workplace.store.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).fetchall()
            assert "Zebrowski" not in repr(rows)


def test_a_file_over_the_cap_is_refused_with_the_setting_named(
    sqlite_url: str, tmp_path: Path, assets: Path
) -> None:
    workplace = make_workplace(
        Settings(tmp_path / "d", database_url=sqlite_url, assets=assets, file_bytes=100)
    )
    with pytest.raises(Refused, match="DPROTONET_FILE_MB"):
        intake.add(workplace, png(1, side=64), name="a.png")
    assert not [path for path in workplace.settings.blobs.rglob("*") if path.is_file()]
    with pytest.raises(Refused, match="3 files; 2 fit"):
        intake.check_upload(
            make_workplace(Settings(tmp_path / "e", database_url=sqlite_url, upload_files=2)),
            files=3,
            size=1,
        )


def test_many_threads_handing_in_the_same_image_make_one_case(workplace: Workplace) -> None:
    data = [dicom(7) for _ in range(12)]
    results: list[intake.Intake] = []
    threads = [
        threading.Thread(target=lambda d=d: results.append(intake.add(workplace, d, name="x.dcm")))
        for d in data
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(r.outcome for r in results) == ["added"] + ["duplicate"] * 11
    assert len({r.case_id for r in results}) == 1
    assert len(list(workplace.blobs.all_keys())) == 1


def test_files_of_one_study_stand_together_in_the_list(workplace: Workplace) -> None:
    for number, study in enumerate(["1.1", "2.2", "1.1", "3.3", "1.1"]):
        intake.add(workplace, dicom(number, study_uid=study), name=f"{number}.dcm")
    rows = review.list_cases(workplace, CaseFilters(order="newest")).rows
    assert [row.study_key for row in rows] == ["1.1", "1.1", "1.1", "3.3", "2.2"]
    assert [row.study_files for row in rows] == [3, 3, 3, 1, 1]
    sheet = review.open_case(workplace, rows[0].case_id)
    assert {row.file_name for row in sheet.study} == {"0.dcm", "2.dcm"}
