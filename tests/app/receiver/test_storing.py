"""Objects that senders store: what is answered is what is there."""

import logging
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless
from sqlalchemy import text

from app.bootstrap import prepare_data_folder
from app.domain.errors import DiskFull
from app.receiver import storing
from app.receiver.answers import MAY_SHOW_TEXT
from app.receiver.receiver import Listening, receiving
from app.services import condition
from app.services.deidentify.key import PseudonymKey
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.files.blobs import Blobs
from dprotonet.errors import ReaderBusy
from tests.app.disks import disk, fill
from tests.app.receiver.senders import RADIOGRAPH, associated, dcmtk, image
from tests.app.services.workplaces import dicom

__all__ = ["disk"]
NAME = "Zuckmayer^Planted"
SEGMENTATION, REPORT = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.88.34"


def cases(workplace: Workplace) -> list[tuple[str, str]]:
    """File's name and source of each case."""
    with workplace.store.engine.connect() as connection:
        found = connection.execute(text('SELECT file_name, source FROM "case" ORDER BY file_name'))
        return [(row[0], row[1]) for row in found]


def stored_files(workplace: Workplace) -> list[bytes]:
    return [workplace.blobs.read(key) for key in workplace.blobs.all_keys()]


def send(listening: Listening, *images: Dataset, **named: Any) -> list[int]:
    """The status of each."""
    with associated(listening, **named) as association:
        assert association.is_established
        return [association.send_c_store(each).Status for each in images]


def test_an_object_is_a_case_once_its_sender_hears_of_it(
    workplace: Workplace, listening: Listening
) -> None:
    with associated(listening) as association:
        for number in (1, 2):
            assert association.send_c_store(image(dicom(number))).Status == 0x0000
            assert len(cases(workplace)) == number
    assert cases(workplace) == [("1.2.3.1.dcm", "received"), ("1.2.3.2.dcm", "received")]
    with workplace.store.engine.connect() as connection:
        jobs = connection.scalar(text("SELECT count(*) FROM job WHERE kind = 'predict'"))
        entries = connection.execute(
            text("SELECT actor, actor_kind FROM audit WHERE action = 'case added'")
        ).all()
    assert jobs == 2
    assert [tuple(entry) for entry in entries] == [("PACS1", "system")] * 2


def test_what_comes_again_is_the_same_case(workplace: Workplace, listening: Listening) -> None:
    assert send(listening, image(dicom(1)), image(dicom(1))) == [0x0000, 0x0000]
    assert send(listening, image(dicom(1)), title="CT2") == [0x0000]
    assert len(cases(workplace)) == 1


@pytest.mark.parametrize("encoder", [("dcmcrle",), ("dcmcjpls",), ("dcmcjpeg", "+e1")])
def test_a_compressed_image_is_kept_as_it_is(
    workplace: Workplace, listening: Listening, tmp_path: Path, encoder: tuple[str, ...]
) -> None:
    plain, packed = tmp_path / "plain.dcm", tmp_path / "packed.dcm"
    plain.write_bytes(dicom(4))
    subprocess.run([encoder[0], *encoder[1:], plain, packed], check=True, timeout=60)
    sent = dcmread(packed)
    assert sent.file_meta.TransferSyntaxUID != dcmread(plain).file_meta.TransferSyntaxUID
    option = {"dcmcrle": "-xr", "dcmcjpls": "-xt", "dcmcjpeg": "-xs"}[encoder[0]]
    done = dcmtk("storescu", listening, option, packed)
    assert done.returncode == 0, done.stderr
    (kept,) = (image(data) for data in stored_files(workplace))
    assert kept.file_meta.TransferSyntaxUID == sent.file_meta.TransferSyntaxUID
    assert kept.PixelData == sent.PixelData
    assert kept.file_meta.ImplementationVersionName == storing.WRITER


def test_an_encoding_that_is_not_read_here_is_not_agreed_to(listening: Listening) -> None:
    with associated(listening, syntaxes=["1.2.840.10008.1.2.4.107"]) as association:
        assert not association.is_established


def test_what_is_no_image_is_not_agreed_to(listening: Listening) -> None:
    with associated(listening, classes=[SEGMENTATION, REPORT, RADIOGRAPH]) as association:
        agreed = [context.abstract_syntax for context in association.accepted_contexts]
    assert agreed == [RADIOGRAPH]


def broken() -> Dataset:
    made = image(dicom(5))
    made.compress(RLELossless, generate_instance_uid=False)
    made.PixelData = made.PixelData[:20] + b"\xff" * (len(made.PixelData) - 20)
    return made


def test_a_broken_image_is_refused_and_the_next_one_is_taken(
    workplace: Workplace, listening: Listening
) -> None:
    syntaxes = {"syntaxes": [str(RLELossless)]}
    good = image(dicom(6))
    good.compress(RLELossless, generate_instance_uid=False)
    assert send(listening, broken(), good, **syntaxes) == [0xC000, 0x0000]
    assert cases(workplace) == [("1.2.3.6.dcm", "received")]
    assert len(stored_files(workplace)) == 1


def test_an_image_without_pixels_is_said_to_be_none(
    workplace: Workplace, listening: Listening
) -> None:
    empty = image(dicom(7))
    empty.SOPClassUID = REPORT  # under the class of an image
    del empty.PixelData, empty.Rows
    with associated(listening, classes=[RADIOGRAPH]) as association:
        answer = _store_as(association, empty, RADIOGRAPH)
    assert answer.Status == 0xA900 and "no image" in answer.ErrorComment
    assert cases(workplace) == []


def _store_as(association: Any, sent: Dataset, sop_class: str) -> Dataset:
    """Store under another class than the one in the object."""
    from io import BytesIO

    from pynetdicom.dimse_primitives import C_STORE
    from pynetdicom.dsutils import encode

    request = C_STORE()
    request.MessageID = 1
    request.AffectedSOPClassUID = sop_class
    request.AffectedSOPInstanceUID = sent.SOPInstanceUID
    request.DataSet = BytesIO(encode(sent, False, True) or b"")
    association._reactor_checkpoint.clear()
    while not association._is_paused:
        pass
    association.dimse.send_msg(request, association.accepted_contexts[0].context_id)
    _, response = association.dimse.get_msg(block=True)
    association._reactor_checkpoint.set()
    answer = Dataset()
    answer.Status, answer.ErrorComment = response.Status, response.ErrorComment
    return answer


@pytest.mark.parametrize("error", [DiskFull("full"), ReaderBusy("busy"), MemoryError()])
def test_what_has_no_room_is_to_be_sent_again(
    workplace: Workplace,
    listening: Listening,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    with monkeypatch.context() as patched:

        def fail(*given: object, **named: object) -> None:
            raise error

        patched.setattr(type(workplace.blobs), "stage", fail)
        assert send(listening, image(dicom(1))) == [0xA700]
    assert cases(workplace) == []
    assert send(listening, image(dicom(1))) == [0x0000]


def test_a_full_disk_is_said_and_what_was_answered_is_there(
    sqlite_url: str, disk: Path, assets: Path, workplace: Workplace
) -> None:
    there = replace(workplace.settings, data=disk / "data")
    prepare_data_folder(there)
    full = replace(workplace, settings=there, blobs=Blobs(str(there.blobs)))
    with receiving(full) as listening:
        assert send(listening, image(dicom(1))) == [0x0000]
        fill(disk)
        with associated(listening) as association:
            assert association.send_c_store(image(dicom(2, frames=64))).Status == 0xA700
            assert association.send_c_echo().Status == 0x0110
        (disk / "filler").unlink()
        assert send(listening, image(dicom(2, frames=64))) == [0x0000]
    assert cases(full) == [("1.2.3.1.dcm", "received"), ("1.2.3.2.dcm", "received")]
    assert len(stored_files(full)) == 2


def test_an_object_that_is_too_large_is_refused(workplace: Workplace) -> None:
    small = replace(workplace.settings, file_bytes=1000)
    with receiving(replace(workplace, settings=small)) as listening:
        assert send(listening, image(dicom(1, frames=4)), image(dicom(2))) == [0xA700, 0xA700]
    assert cases(workplace) == []


def test_an_unexpected_error_is_neither_kept_from_the_sender_nor_quoted(
    workplace: Workplace,
    listening: Listening,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*given: object, **named: object) -> None:
        raise ValueError(NAME)

    monkeypatch.setattr(intake, "add", fail)
    with associated(listening) as association:
        answer = association.send_c_store(image(dicom(1)))
    assert answer.Status == 0x0110 and NAME not in str(answer)
    assert "ValueError" in caplog.text and NAME not in caplog.text


def test_patients_images_are_de_identified_and_no_name_is_in_the_log(
    workplace: Workplace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with_key = replace(workplace, pseudonyms=PseudonymKey(bytes(32)), holds_patients=True)
    named, shown = image(dicom(1, name=NAME)), image(dicom(2, name=NAME))
    named.ImageType = ["ORIGINAL", "PRIMARY"]
    named.PatientID = shown.PatientID = "planted-17"
    shown.BurnedInAnnotation = "YES"
    with receiving(with_key) as listening:
        assert send(listening, named, shown) == [0x0000, MAY_SHOW_TEXT.status]
    (kept,) = stored_files(workplace)
    for planted in ("Zuckmayer", "planted-17", "1.2.3.1"):
        assert planted.encode() not in kept
        assert planted not in caplog.text
    ((file_name, _),) = cases(workplace)
    assert file_name.startswith("P-")


def test_two_senders_at_once_lose_nothing(workplace: Workplace, listening: Listening) -> None:
    statuses: list[int] = []

    def one(first: int, title: str) -> None:
        images = [image(dicom(number)) for number in range(first, first + 8)]
        statuses.extend(send(listening, *images, title=title))

    threads = [threading.Thread(target=one, args=given) for given in ((100, "PACS1"), (104, "CT2"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert statuses == [0x0000] * 16
    assert [name for name, _ in cases(workplace)] == [f"1.2.3.{n}.dcm" for n in range(100, 112)]


def test_an_echo_says_whether_an_image_could_be_taken_in(
    workplace: Workplace, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    with associated(listening) as association:
        assert association.send_c_echo().Status == 0x0000
        monkeypatch.setattr(condition, "LEAST_FREE", 1 << 62)
        assert association.send_c_echo().Status == 0x0110


def test_the_log_counts_what_an_association_brought(
    workplace: Workplace, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with receiving(workplace) as listening:
        send(listening, image(dicom(1)), image(dicom(2)), image(dicom(2)))
    assert "PACS1 is over: 2 added, 1 duplicate" in caplog.text


def test_what_is_at_hand_is_answered_when_the_receiver_leaves(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    real = intake.add

    def slow(*given: Any, **named: Any) -> Any:
        begun.set()
        assert may_end.wait(30)
        return real(*given, **named)

    monkeypatch.setattr(intake, "add", slow)
    leaving = storing.Storing.leave

    def leave(self: storing.Storing, patience: float) -> bool:
        may_end.set()
        return leaving(self, patience)

    monkeypatch.setattr(storing.Storing, "leave", leave)
    answers: list[int] = []
    with receiving(workplace) as listening:
        sender = threading.Thread(target=lambda: answers.extend(send(listening, image(dicom(1)))))
        sender.start()
        assert begun.wait(30)
    sender.join(30)
    assert answers == [0x0000] and len(cases(workplace)) == 1
