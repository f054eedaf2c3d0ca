"""One changed byte of a stored file or a model is found and named, while the program runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services import binding, review
from app.services.storage.checking import problems
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.files.blobs import Blobs
from app.store.files.folder_notes import IDENTITY
from app.store.files.sealing import MARK, SealKey
from tests.app.services.workplaces import make_workplace, png
from tests.dprotonet.tiny_bundle import make_tiny_bundle


@pytest.fixture
def workplace(tmp_path: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    """With a model of its own and two images."""
    settings = Settings(tmp_path / "data", assets=tmp_path)
    make_tiny_bundle(tmp_path / "models" / "toy", ("a", "b"), name="toy", seed=1)
    opened = make_workplace(settings, database=empty_sqlite)
    binding.check(opened)
    for number in (1, 2):
        intake.add(opened, png(number), name=f"{number}.png", predict=False)
    yield opened
    opened.close()


@pytest.mark.parametrize("sealed", [False, True])
def test_each_changed_or_missing_file_is_named(workplace: Workplace, sealed: bool) -> None:
    if sealed:
        key = SealKey(bytes(32))
        object.__setattr__(workplace, "blobs", Blobs(str(workplace.settings.blobs), key=key))
        intake.add(workplace, png(3), name="3.png", predict=False)
    assert list(problems(workplace)) == []
    keys = sorted(workplace.blobs.all_keys())
    changed = next(
        key
        for key in keys
        if Path(workplace.blobs.path(key)).read_bytes().startswith(MARK) == sealed
    )
    path = Path(workplace.blobs.path(changed))
    path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1]))
    gone = next(key for key in keys if key != changed)
    Path(workplace.blobs.path(gone)).unlink()
    said = list(problems(workplace))
    assert len(said) == 2
    assert any(f"{changed} was changed" in sentence for sentence in said)
    assert any(gone in sentence and "missing" in sentence for sentence in said)
    with workplace.store.read() as tx:
        cases = {tx.cases.get(case_id).file_sha256: case_id for case_id in tx.cases.ids()}
    review.delete_case(workplace, cases[gone])
    assert len(list(problems(workplace))) == 1  # of a case that is gone nothing is missing


def test_a_changed_byte_in_any_file_of_a_model_is_named(workplace: Workplace) -> None:
    folder = workplace.settings.assets / "models" / "toy"
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        whole = path.read_bytes()
        changed = bytearray(whole)
        changed[len(whole) // 2] ^= 1
        path.write_bytes(changed)
        said = list(problems(workplace))
        assert len(said) == 1 and str(folder) in said[0], path
        path.write_bytes(whole)
    assert list(problems(workplace)) == []


def test_a_changed_byte_in_the_folders_id_is_named(workplace: Workplace) -> None:
    assert list(problems(workplace)) == []
    identity = workplace.settings.blobs / IDENTITY
    identity.write_bytes(b"x" + identity.read_bytes()[1:])
    (said,) = problems(workplace)
    assert IDENTITY in said and "python -m app bind" in said
    with pytest.raises(binding.Unbound):
        binding.check(workplace)
