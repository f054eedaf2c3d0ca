"""Images that may show text wait for their reader; the way back needs the key."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.errors import NotFound, Refused
from app.services import batches, image_data, review
from app.services.deidentify import held
from app.services.deidentify.key import PseudonymKey
from app.services.deidentify.reidentify import reidentify
from app.services.inference import queue
from app.services.uploading import intake, receiving, several
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.files.secret_keys import WrongKey
from dprotonet.images.deidentify.instructions import TextFound
from tests.app.services.workplaces import FakePool, dicom, make_workplace, png

KEY = PseudonymKey(bytes(range(32)))


def with_name() -> bytes:
    """A picture of 120 × 300 pixels with a name in white."""
    picture = Image.new("L", (300, 120), 60)
    ImageDraw.Draw(picture).text((10, 10), "ZEBROWSKI 1944", 255, ImageFont.load_default(20))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def workplace(tmp_path: Path, assets: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    """For patients, with a server folder."""
    (tmp_path / "images").mkdir()
    settings = Settings(tmp_path / "data", assets=assets, folders=(tmp_path / "images",))
    opened = make_workplace(settings, database=empty_sqlite, pseudonyms=KEY)
    yield opened
    opened.close()


def send(workplace: Workplace, token: str, name: str, data: bytes) -> str:
    """What became of a file that was sent."""
    with receiving.receive(workplace, token, name=name) as incoming:
        incoming.write(data)
    with receiving.taken(workplace, token, [incoming.key]) as files:
        (result,) = several.add_many(
            workplace, files, held=lambda arrived: held.hold(workplace, token, arrived)
        )
    return result.outcome


def test_a_held_image_is_blacked_out_and_taken_in_and_goes_on_saying_so(
    workplace: Workplace,
) -> None:
    token = workplace.uploads.open()
    assert send(workplace, token, "Zebrowski.png", with_name()) == "held"
    (image,) = held.held_images(workplace, token)
    assert held.held_images(workplace, workplace.uploads.open()) == ()
    assert image.name.startswith("P-") and image.offered
    assert held.preview(workplace, token, image.key)[8:34].max() == 255
    assert held.preview(workplace, token, image.key, image.offered)[8:34].max() < 80
    assert list(workplace.blobs.all_keys()) == [], "nothing is stored before it was looked at"
    taken = held.take_in(workplace, token, image.key, image.offered)
    assert held.held_images(workplace, token) == () and taken.case_id is not None
    shown = image_data.image(workplace, taken.case_id).display()
    assert shown[8:34].max() < 80 and (shown[60:] == 60).all()
    case = review.open_case(workplace, taken.case_id).case
    assert case.facts.burned_in_annotation is True
    assert reidentify(workplace, case.file_name, key=KEY)[0].told["file"] == "Zebrowski.png"


def test_a_held_image_that_names_nobody_is_taken_in_as_it_is_or_dropped(
    workplace: Workplace,
) -> None:
    token = workplace.uploads.open()
    for _ in range(2):
        send(workplace, token, "a.png", with_name())
    first, second = held.held_images(workplace, token)
    held.discard(workplace, token, second.key)
    taken = held.take_in(workplace, token, first.key)
    shown = image_data.image(workplace, taken.case_id or "").display()
    assert shown[8:34].max() == 255
    with pytest.raises(Refused, match="no longer held"):
        held.take_in(workplace, token, second.key)


def test_a_batch_refuses_what_may_show_text_and_says_where_it_can_be_seen_to(
    workplace: Workplace, pool: FakePool
) -> None:
    job = batches.start_upload(workplace, [("a.png", with_name()), ("b.png", png(1))])
    queue.run_pending(workplace, pool)
    first, second = batches.rows(workplace, job.job_id).rows
    assert first.state == "error" and "Review page" in first.message
    assert second.state == "done"


def test_rectangles_reach_every_frame_of_a_dicom_file(workplace: Workplace) -> None:
    token = workplace.uploads.open()
    data = dicom(1, frames=3).replace(b"DX", b"US")  # a kind that often shows text
    assert send(workplace, token, "x.dcm", data) == "held"
    (image,) = held.held_images(workplace, token)
    box = TextFound(2, 3, 6, 90)
    taken = held.take_in(workplace, token, image.key, [box])
    for frame in range(3):
        after = image_data.image(workplace, taken.case_id or "", frame=frame).pixels
        assert len(np.unique(after[2:6, 3:])) == 1
        assert len(np.unique(after[6:])) > 100


def test_the_way_back_is_for_the_holder_of_the_key_and_is_recorded_before(
    workplace: Workplace, pool: FakePool
) -> None:
    taken = intake.add(workplace, dicom(1, name="Zebrowski^Jan"), name="ward/Zebrowski.dcm")
    case = review.open_case(workplace, taken.case_id or "").case
    patient = case.file_name.rpartition("-")[0]
    pseudonyms = [patient, case.file_name, case.case_id, case.facts.study_uid]
    for pseudonym in pseudonyms:
        (found,) = reidentify(workplace, pseudonym, key=KEY)
        assert found.told["PatientName"] == "Zebrowski^Jan"
        assert (found.patient, found.told["file"]) == (patient, "ward/Zebrowski.dcm")
    with pytest.raises(WrongKey):
        reidentify(workplace, patient, key=PseudonymKey(bytes(32)))
    with workplace.store.read() as tx:
        asked = [e.subject for e in tx.audit.entries() if e.action == "person looked up"]
    assert asked == [name.replace(".", "-") for name in (*pseudonyms, patient)], (
        "before anything was opened"
    )
    review.delete_case(workplace, case.case_id)
    with pytest.raises(NotFound):
        reidentify(workplace, patient, key=KEY)


def test_a_file_of_a_server_folder_that_cannot_be_read_is_found_by_its_name_there(
    workplace: Workplace, pool: FakePool
) -> None:
    folder = workplace.settings.folders[0]
    (folder / "Zebrowski.dcm").write_bytes(dicom(1)[:400])
    job = batches.start_folder(workplace, folder)
    queue.run_pending(workplace, pool)
    (row,) = batches.rows(workplace, job.job_id).rows
    assert row.state == "error" and row.name.startswith("N-")
    (found,) = reidentify(workplace, row.name, key=KEY)
    assert found.told["file"] == "Zebrowski.dcm"


def test_the_same_file_twice_is_one_case_and_large_files_keep_their_limit(
    workplace: Workplace,
) -> None:
    first = intake.add(workplace, dicom(1), name="a.dcm")
    again = intake.add(workplace, dicom(1), name="b.dcm")
    assert (again.outcome, again.case_id) == ("duplicate", first.case_id)
    small = make_workplace_with_limit(workplace)
    with pytest.raises(Refused, match="larger than"):
        intake.add(small, dicom(2, frames=900), name="c.dcm")


def make_workplace_with_limit(workplace: Workplace) -> Workplace:
    """The same with files of 256 KiB at most."""
    from dataclasses import replace

    return replace(workplace, settings=replace(workplace.settings, file_bytes=1 << 18))
