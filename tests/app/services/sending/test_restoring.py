"""Identity is restored in memory, for one sending, by the key alone; and written nowhere."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread

from app.services.deidentify.key import PseudonymKey
from app.services.dicom_out import objects
from app.services.dicom_out.codes import SCHEME_UID
from app.services.dicom_out.files import as_bytes
from app.services.sending import asking, delivering, words
from app.services.sending.restoring import restore
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.dicom_out.reads import changed, image_file, sign
from tests.app.services.dicom_out.validators import errors_of_ours, written
from tests.app.services.sending.outboxes import NOWHERE, FakeStore, sending_to, signed
from tests.app.services.sending.test_delivering import actions, only
from tests.app.services.workplaces import START, FakePool, make_workplace

KEY = PseudonymKey(bytes(range(32)))
PERSON = {
    "PatientName": "Garcia^Quetzal",
    "PatientID": "MRN-778",
    "PatientBirthDate": "19440719",
    "AccessionNumber": "ACC-9",
    "StudyDate": "20240102",
}
SIGNED = f"{START:%Y%m%d}"
UIDS = {
    "StudyInstanceUID": "1.2.826.0.1.71",
    "SeriesInstanceUID": "1.2.826.0.1.72",
    "SOPInstanceUID": "1.2.826.0.1.73",
}


def original(kind: str = "dx") -> bytes:
    return changed(image_file(kind), **PERSON, **UIDS, BurnedInAnnotation="NO")


@pytest.fixture
def workplace(empty_sqlite: Path, tmp_path: Path, assets: Path) -> Iterator[Workplace]:
    """Patients' images are held."""
    settings = Settings(tmp_path / "data", assets=assets)
    opened = make_workplace(settings, database=empty_sqlite, pseudonyms=KEY)
    yield opened
    opened.close()


def sent(workplace: Workplace, store: FakeStore) -> dict[str, Dataset]:
    """What left for the archive, by modality."""
    assert delivering.send_next(workplace, store=store)
    return {str(one.Modality): one for one in store.got}


@pytest.mark.parametrize("kind", ["dx", "ct"])
def test_what_leaves_under_the_persons_name_belongs_to_the_study_that_the_archive_knows(
    workplace: Workplace, pool: FakePool, store: FakeStore, tmp_path: Path, kind: str
) -> None:
    workplace = sending_to(workplace, NOWHERE, naming="identity")
    file = original(kind)
    source = dcmread(io.BytesIO(file))
    asking.send(workplace, signed(workplace, pool, file))
    got = sent(workplace, store)
    assert only(workplace).state == "sent", only(workplace).reason
    assert set(got) >= {"SR", "SEG", "PR", "OT"}
    (tmp_path / "source.dcm").write_bytes(file)
    for name, one in got.items():
        for keyword, value in PERSON.items():
            assert str(one.get(keyword)) == value, (name, keyword)
        assert one.StudyInstanceUID == UIDS["StudyInstanceUID"]
        assert "PatientIdentityRemoved" not in one and "DeidentificationMethod" not in one
        assert one.file_meta.MediaStorageSOPInstanceUID == one.SOPInstanceUID
        text = as_bytes(one).decode("latin-1")
        if name != "OT":  # a secondary capture names no source
            assert UIDS["SOPInstanceUID"] in text and UIDS["SeriesInstanceUID"] in text
        dates = {str(e.value) for e in one.iterall() if e.VR == "DA" and e.value}
        assert dates <= {PERSON["StudyDate"], PERSON["PatientBirthDate"], SIGNED}, "none is moved"
        if "FrameOfReferenceUID" in one:
            assert one.FrameOfReferenceUID == source.FrameOfReferenceUID
        file_of_it = written(one, tmp_path, f"{name}")
        assert errors_of_ours(file_of_it, tmp_path / "source.dcm") == [], name
    assert SCHEME_UID.encode() in as_bytes(got["SR"])


def test_nothing_ties_what_leaves_under_a_name_to_what_leaves_under_a_pseudonym(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    case_id = signed(workplace, pool, original("ct"))
    plain = [one.dataset for one in objects.of_revision(workplace, case_id).objects]
    workplace = sending_to(workplace, NOWHERE, naming="identity")
    asking.send(workplace, case_id)
    named = list(sent(workplace, store).values())
    shared = own_uids(plain) & own_uids(named)
    assert shared == {SCHEME_UID}
    assert not any("P-" in str(one.PatientID) for one in named)


def own_uids(datasets: list[Dataset]) -> set[str]:
    return {
        str(value)
        for dataset in datasets
        for element in dataset.iterall()
        if element.VR == "UI"
        for value in ([element.value] if isinstance(element.value, str) else element.value)
        if str(value).startswith("2.25.")
    }


def test_the_same_revision_is_restored_to_the_same_bytes_and_names_its_predecessor(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = signed(workplace, pool, original())
    sign(workplace, case_id)

    def reports(revision: int) -> list[Dataset]:
        found = []
        for _ in range(2):
            made = objects.of_revision(workplace, case_id, revision=revision).objects[0].dataset
            restore(made, PERSON | UIDS, KEY)
            found.append(made)
        return found

    (first, again), (second, _) = reports(1), reports(2)
    assert as_bytes(first) == as_bytes(again)
    before = second.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    assert before.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID


def test_under_pseudonyms_nobody_is_named(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE)
    asking.send(workplace, signed(workplace, pool, original()))
    for one in sent(workplace, store).values():
        whole = as_bytes(one)
        secrets = (*PERSON.values(), *UIDS.values(), "Quetzal")
        assert not [text for text in secrets if text.encode() in whole]
        assert str(one.PatientID).startswith("P-")
    assert actions(workplace, "identity restored") == []


def test_the_audit_says_that_an_identity_was_restored_and_for_whom_before_it_is(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, naming="identity")
    case_id = signed(workplace, pool, original())
    asking.send(workplace, case_id)
    sent(workplace, store)
    expected = (workplace.reader, f"{case_id}:0:1:main")
    assert [one[:2] for one in actions(workplace, "identity restored")] == [expected]
    assert [one[:2] for one in actions(workplace, "DICOM objects sent")] == [expected]


def test_the_name_is_written_to_no_row_no_log_and_no_disk(
    workplace: Workplace,
    pool: FakePool,
    store: FakeStore,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    workplace = sending_to(workplace, NOWHERE, naming="identity")
    asking.send(workplace, signed(workplace, pool, original()))
    caplog.clear()  # highdicom and pydicom were at work on the pseudonyms alone so far
    assert sent(workplace, store)
    workplace.store.close()
    secrets = [text.encode() for text in (*PERSON.values(), *UIDS.values(), "Quetzal")]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for path in files:
        data = path.read_bytes()
        assert not [text for text in secrets if text in data], path
    assert not [text for text in secrets if text.decode() in caplog.text]


def test_what_the_standard_does_not_allow_goes_back_as_it_came_and_no_warning_quotes_it(
    workplace: Workplace, pool: FakePool, recwarn: pytest.WarningsRecorder
) -> None:
    wrong = {"PatientBirthDate": "1944 QUETZAL", "StudyInstanceUID": "1.2.0071"}
    made = objects.of_revision(workplace, signed(workplace, pool, original())).objects[0].dataset
    recwarn.clear()
    told = PERSON | UIDS | wrong
    made.StudyInstanceUID = KEY.uid(wrong["StudyInstanceUID"])
    restore(made, told, KEY)
    data = as_bytes(made)
    assert [str(one.message) for one in recwarn if "1944" in str(one.message)] == []
    assert [str(one.message) for one in recwarn if "0071" in str(one.message)] == []
    again = dcmread(io.BytesIO(data))
    assert {name: str(again[name].value) for name in wrong} == wrong


def test_without_the_key_nothing_is_sent_and_a_sentence_says_so(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, naming="identity")
    asking.send(workplace, signed(workplace, pool, original()))
    without = replace(workplace, pseudonyms=None)
    assert delivering.send_next(without, store=store)
    assert (only(workplace).state, only(workplace).reason) == ("refused", words.NO_KEY)
    other = replace(workplace, pseudonyms=PseudonymKey(bytes(range(1, 33))))
    asking.retry(workplace, only(workplace).sending_id)
    assert delivering.send_next(other, store=store)
    assert only(workplace).state == "refused" and "another key" in only(workplace).reason
    assert store.got == []


def test_an_image_whose_note_is_not_there_never_leaves_as_if_it_were_somebodys(
    workplace: Workplace, pool: FakePool, store: FakeStore
) -> None:
    workplace = sending_to(workplace, NOWHERE, naming="identity")
    case_id = signed(workplace, pool, original())
    asking.send(workplace, case_id)
    with workplace.store.write() as tx:
        tx.identities.delete(tx.cases.get(case_id).file_sha256)
    assert delivering.send_next(workplace, store=store)
    assert (only(workplace).state, only(workplace).reason) == ("refused", words.NOT_NOTED)
    assert store.got == []


def test_what_is_stored_as_it_came_has_nothing_to_restore(
    empty_sqlite: Path, tmp_path: Path, assets: Path, pool: FakePool, store: FakeStore
) -> None:
    opened = make_workplace(Settings(tmp_path / "plain", assets=assets), database=empty_sqlite)
    plain = sending_to(opened, NOWHERE, naming="identity")
    asking.send(plain, signed(plain, pool, original()))
    assert {str(one.PatientID) for one in sent(plain, store).values()} == {"MRN-778"}
    assert actions(plain, "identity restored") == []
    opened.close()
