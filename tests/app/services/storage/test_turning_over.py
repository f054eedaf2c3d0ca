"""Stored files are turned over to a key, to another one, and back; a stop in between harms none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.services.storage.turning_over import turn_over
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.files.blobs import Blobs
from app.store.files.sealing import MARK, SealKey
from app.store.files.secret_keys import WrongKey
from tests.app.services.workplaces import make_workplace

ONE, OTHER = SealKey(bytes(32)), SealKey(bytes(31) + b"\1")
DATA = [bytes([number]) * 100 for number in range(4)]


def with_keys(workplace: Workplace, key: SealKey | None, old: SealKey | None = None) -> Workplace:
    blobs = Blobs(str(workplace.settings.blobs), key=key, old_key=old)
    blobs.notes.check_key()
    return replace(workplace, blobs=blobs)


def state(workplace: Workplace) -> list[bool]:
    """What is sealed, and that all can be read."""
    assert sorted(map(workplace.blobs.read, workplace.blobs.all_keys())) == DATA[:3]
    files = (Path(workplace.blobs.path(key)) for key in workplace.blobs.all_keys())
    return [path.read_bytes().startswith(MARK) for path in files]


@pytest.fixture
def workplace(tmp_path: Path, empty_sqlite: Path) -> Workplace:
    """With three stored files and an orphan."""
    opened = make_workplace(Settings(tmp_path / "data"), database=empty_sqlite)
    for data in DATA:
        key = opened.blobs.put(data)
    opened.blobs.set_aside(key, day="2026-03-01")
    return opened


def test_to_a_key_to_another_and_back(workplace: Workplace) -> None:
    sealed = with_keys(workplace, ONE)
    assert state(sealed) == [False] * 3
    assert turn_over(sealed).changed == 4 and state(sealed) == [True] * 3
    assert turn_over(sealed).kept == 4
    with pytest.raises(WrongKey):
        with_keys(workplace, OTHER)
    turned = with_keys(workplace, OTHER, ONE)
    assert turn_over(turned).changed == 4 and state(turned) == [True] * 3
    assert state(with_keys(workplace, OTHER)) == [True] * 3
    with pytest.raises(WrongKey):
        with_keys(workplace, None)
    plain = with_keys(workplace, None, OTHER)
    assert turn_over(plain).changed == 4 and state(plain) == [False] * 3
    with_keys(workplace, None)


def test_what_a_stop_left_is_turned_over_by_the_next_call(workplace: Workplace) -> None:
    sealed = with_keys(workplace, ONE)

    def stop(count: int) -> None:
        if count == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        turn_over(sealed, progress=stop)
    assert sum(state(sealed)) == 2
    done = turn_over(sealed)
    assert (done.changed, done.kept, done.problems) == (2, 2, ())


def test_a_file_that_was_changed_or_whose_key_is_not_there_is_left_and_named(
    workplace: Workplace,
) -> None:
    key = next(workplace.blobs.all_keys())
    path = Path(workplace.blobs.path(key))
    whole = path.read_bytes()
    path.write_bytes(b"something else")
    done = turn_over(with_keys(workplace, ONE))
    assert done.changed == 3 and len(done.problems) == 1 and key in done.problems[0]
    assert path.read_bytes() == b"something else"
    path.write_bytes(whole)
    turn_over(with_keys(workplace, ONE))
    before = path.read_bytes()
    blobs = Blobs(str(workplace.settings.blobs), key=OTHER)  # without asking whether it fits
    done = turn_over(replace(workplace, blobs=blobs))
    assert done.changed == 0 and len(done.problems) == 4 and path.read_bytes() == before
