"""A small run of each soak, and that each finds what it is there to find."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from app import bootstrap
from app.settings import Settings
from tests.soaks import changed_bytes, concurrent_writes, kills, mutated_files
from tests.soaks.mutations import KINDS, mutant
from tests.soaks.outcomes import Ledger, Outcome, first_sentence
from tests.soaks.program import SoakedProgram
from tests.soaks.signing import Signatures


def test_every_damaged_file_ends_as_a_case_or_with_its_sentence(tmp_path: Path) -> None:
    figures = mutated_files.soak(tmp_path, "patients", range(10), seed=1, sessions=1)
    assert figures["faults"] == []
    outcomes = Ledger(tmp_path / "outcomes.jsonl").all()
    assert len(outcomes) >= 9 and "added" in {one.outcome for one in outcomes}
    # A log with a trace in it and a file that is left over are found.
    program = SoakedProgram(tmp_path, environment=kills.MORE)
    program.log.write_text("Traceback (most recent call last):\n", encoding="utf-8")
    (program.temporary / "left").touch()
    faults = mutated_files.remains(program)[1]
    assert any("Traceback" in fault for fault in faults)
    assert any("temporary_files" in fault for fault in faults)


def test_a_mutant_is_made_again_from_its_number() -> None:
    made = [mutant(3, number) for number in range(60)]
    assert made == [mutant(3, number) for number in range(60)]
    assert {file.kind for file in made} >= {"good", *KINDS}
    assert mutant(4, 1).data != mutant(3, 1).data


@pytest.mark.parametrize(
    ("kind", "outcome", "message"),
    [
        ("bits", "error", ""),
        ("bits", "error", "Unexpected error; see the application log."),
        ("good", "error", "This file is damaged. Export it again."),
    ],
)
def test_an_outcome_without_a_sentence_and_a_lost_good_file_are_faults(
    kind: str, outcome: str, message: str
) -> None:
    assert Outcome(1, kind, "review", outcome, message).fault
    assert not Outcome(1, "bits", "review", "error", "It is damaged. Export it again.").fault
    assert first_sentence("It ends at 1,234. Copy it.") == first_sentence("It ends at 5. Copy it.")


def test_every_write_is_there_once_and_one_that_is_not_is_missed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert concurrent_writes.soak(data, "", processes=2, writes=4)["faults"] == []
    settings = Settings(data, assets=data / "none", patients=False)
    with closing(bootstrap.open_workplace(settings)) as workplace:
        assert concurrent_writes.missing(workplace, 2, 5) == ["2 writes are lost"]
        assert "nobody made them" in concurrent_writes.missing(workplace, 1, 4)[0]
        signatures = Signatures()
        signatures.acknowledged.append("never written")
        assert signatures.lost(workplace) == ["1 acknowledged signatures are lost"]


def test_nothing_that_was_acknowledged_is_lost_by_a_kill_in_a_backup(tmp_path: Path) -> None:
    figures = kills.soak(tmp_path, kills=1, seed=1, targets=("backup",))
    assert figures["faults"] == [] and figures["signed"]


def test_a_changed_byte_is_named_and_one_that_no_check_sees_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changed_bytes.checking, "blob_problem", lambda blobs, key: None)
    counted = changed_bytes.soak(tmp_path, changes=2, seed=1)
    assert counted.pop("stored file")["not found"] == 2
    assert len(counted) == 3 and all(kind["named"] == 2 for kind in counted.values())
