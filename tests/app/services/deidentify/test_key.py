"""The key: pseudonyms that are the same every time, notes that only it opens, a safe place."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app.services.deidentify.key import PseudonymKey, load_key, person_of, write_key
from app.settings import Settings
from app.store.files.secret_keys import WrongKey
from dprotonet.images.deidentify.instructions import Survey

ONE, OTHER = PseudonymKey(bytes(32)), PseudonymKey(bytes(31) + b"\1")


def survey(**person: str) -> Survey:
    """Of a file that names this person."""
    return Survey(person, ("1.2.3",))


def test_one_patient_has_one_pseudonym_and_one_shift_in_all_files() -> None:
    first = ONE.instructions(survey(PatientID="47", PatientName="Doe^Jane"), digest="a")
    second = ONE.instructions(survey(PatientID=" 47 ", PatientName="Doe^J"), digest="b")
    assert first == second
    assert first.patient.startswith("P-") and len(first.patient) == 14
    assert -3650 < first.shift_days <= -365
    assert first.uids["1.2.3"].startswith("2.25.") and len(first.uids["1.2.3"]) <= 64


def test_another_patient_issuer_or_key_gives_other_pseudonyms() -> None:
    told = [{"PatientID": "47"}, {"PatientID": "48"}, {"PatientID": "47", "IssuerOfPatientID": "x"}]
    patients = {
        key.instructions(survey(**p), digest="a").patient for p in told for key in (ONE, OTHER)
    }
    assert len(patients) == 6
    assert ONE.uid("1.2.3") != OTHER.uid("1.2.3")


NAMED = {"PatientName": "DOE^Jane", "PatientBirthDate": "1"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (NAMED, NAMED | {"PatientName": "Doe Jane"}),
        ({"StudyInstanceUID": "1.2"}, {"StudyInstanceUID": "1.2"}),
    ],
)
def test_without_a_number_name_and_birth_date_or_the_study_stand_for_the_patient(
    one: dict[str, str], other: dict[str, str]
) -> None:
    assert person_of(survey(**one)) == person_of(survey(**other)) != ""


def test_files_that_name_nobody_stand_alone() -> None:
    alone = {ONE.instructions(Survey(), digest=digest).patient for digest in ("a", "b")}
    assert len(alone) == 2


def test_a_note_is_opened_by_its_own_key_alone_and_unchanged() -> None:
    sealed = ONE.seal({"name": "Doe"})
    assert "Doe" not in sealed and ONE.seal({"name": "Doe"}) == sealed
    assert ONE.unseal(sealed) == {"name": "Doe"} and ONE.unseal(ONE.seal("a/b")) == "a/b"
    for key, text in ((OTHER, sealed), (ONE, "A" + sealed[1:]), (ONE, "no base64!")):
        with pytest.raises(WrongKey):
            key.unseal(text)


def test_a_key_is_made_closed_found_again_and_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "key"
    settings = Settings(tmp_path / "data", pseudonym_key=str(file))
    write_key(file, settings)
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text().strip()
    assert load_key(settings).fingerprint == PseudonymKey(bytes.fromhex(text)).fingerprint
    assert load_key(Settings(tmp_path, pseudonym_key=text)).fingerprint != ONE.fingerprint
    with pytest.raises(WrongKey, match="never written over"):
        write_key(file, settings)
    assert file.read_text().strip() == text


def test_a_key_that_is_missing_open_or_in_the_data_folder_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    inside, empty, opened = data / "key", tmp_path / "empty", tmp_path / "open"
    for file in (inside, empty, opened):
        file.write_text("" if file is empty else "ab" * 32)
        file.chmod(0o644 if file is opened else 0o600)
    cases = {"": "new-key", str(tmp_path / "none"): "cannot be read", str(inside): "data folder"}
    cases |= {str(empty): "holds no key"}
    if os.name == "posix":
        cases[str(opened)] = "chmod 600"
    for text, sentence in cases.items():
        with pytest.raises(WrongKey, match=sentence):
            load_key(Settings(data, pseudonym_key=text))
    with pytest.raises(WrongKey, match="data folder"):
        write_key(data / "new", Settings(data))
