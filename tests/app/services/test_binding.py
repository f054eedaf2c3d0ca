"""A database and a data folder are bound to each other, and no others are started together."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.services import binding
from app.services.binding import IDENTITY, Unbound
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.workplaces import make_workplace, png


@pytest.fixture
def other_folder(workplace: Workplace, tmp_path: Path) -> Iterator[Workplace]:
    """The same database with another, empty data folder."""
    opened = make_workplace(Settings(tmp_path / "other", database_url=workplace.settings.store_url))
    yield opened
    opened.close()


def images(workplace: Workplace, count: int) -> None:
    for number in range(count):
        intake.add(workplace, png(number), name=f"{number}.png", predict=False)


def identity(workplace: Workplace) -> str:
    with workplace.store.read() as tx:
        return str(tx.setting(IDENTITY))


def test_two_new_ones_are_bound_to_each_other_once(workplace: Workplace) -> None:
    binding.check(workplace)
    first = identity(workplace)
    assert len(first) == 32 and workplace.blobs.notes.identity() == first
    binding.check(workplace)
    assert identity(workplace) == first
    assert (workplace.settings.blobs / "identity.txt").read_text() == f"{first}\n"
    assert not list(workplace.blobs.all_keys())


def test_an_installation_from_before_there_were_ids_is_bound_in_silence(
    workplace: Workplace,
) -> None:
    images(workplace, 5)
    for number in range(2):
        workplace.blobs.put(f"left by a crash {number}".encode())
    binding.check(workplace)
    assert workplace.blobs.notes.identity() == identity(workplace)


@pytest.mark.parametrize("bound", [True, False])
def test_an_empty_database_is_refused_on_a_folder_with_files(
    workplace: Workplace, bound: bool
) -> None:
    if bound:
        workplace.blobs.notes.set_identity("a" * 32)
    for number in range(3):
        workplace.blobs.put(f"image {number}".encode())
    words = r"holds 3 files.*empty.*python -m app restore FILE\)\. To use"
    with pytest.raises(Unbound, match=words):
        binding.check(workplace)
    with workplace.store.read() as tx:
        assert tx.setting(IDENTITY) is None


def test_another_installations_database_is_refused(workplace: Workplace) -> None:
    binding.check(workplace)
    workplace.blobs.notes.set_identity("a" * 32)
    with pytest.raises(Unbound, match=r"different installations.*DPROTONET_DATA.*app bind"):
        binding.check(workplace)


def test_an_empty_folder_is_refused_for_a_database_with_cases(
    workplace: Workplace, other_folder: Workplace
) -> None:
    images(workplace, 3)
    binding.check(workplace)
    with pytest.raises(Unbound, match="names 3 files; 0 of them are in the data folder"):
        binding.check(other_folder)
    assert other_folder.blobs.notes.identity() == ""


def test_a_database_that_knows_few_of_the_files_is_refused(workplace: Workplace) -> None:
    images(workplace, 2)
    for number in range(2):
        workplace.blobs.put(f"another's image {number}".encode())
    with pytest.raises(Unbound, match=r"names 2 files; 2 of them .* which holds 4"):
        binding.check(workplace)


def test_bound_deliberately_they_start_and_the_folder_keeps_its_id(workplace: Workplace) -> None:
    workplace.blobs.notes.set_identity("a" * 32)
    workplace.blobs.put(b"image")
    result = binding.bind(workplace)
    assert (result.named, result.here, result.both) == (0, 1, 0)
    binding.check(workplace)
    assert identity(workplace) == workplace.blobs.notes.identity() == "a" * 32


def test_a_start_cut_short_between_the_two_ids_is_made_good(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(value: str) -> None:
        raise KeyboardInterrupt

    for write in (killed, workplace.blobs.notes.set_identity):
        monkeypatch.setattr(workplace.blobs.notes, "set_identity", write)
        try:
            binding.check(workplace)
        except KeyboardInterrupt:
            assert workplace.blobs.notes.identity() == ""
    assert workplace.blobs.notes.identity() == identity(workplace)


@pytest.mark.parametrize(
    ("of_folder", "of_backup", "names", "sentence"),
    [
        ("a", "b", (), "belongs to another data folder"),
        ("a", "", ("x", "y"), "names 2 files; 0 of them"),
        ("", "b", ("x",), "Copy the originals"),
    ],
)
def test_a_backup_of_another_folder_is_refused(
    workplace: Workplace, of_folder: str, of_backup: str, names: tuple[str, ...], sentence: str
) -> None:
    if of_folder:
        workplace.blobs.notes.set_identity(of_folder * 32)
    workplace.blobs.put(b"image")
    with pytest.raises(Unbound, match=f"(?s){sentence}.*--anyway"):
        binding.check_backup(frozenset(names), of_backup * 32, workplace.blobs)


def test_a_backup_of_this_folder_is_taken_whatever_it_names(workplace: Workplace) -> None:
    workplace.blobs.notes.set_identity("a" * 32)
    binding.check_backup(frozenset(), "a" * 32, workplace.blobs)
    key = workplace.blobs.put(b"image")
    binding.check_backup(frozenset({key}), "", workplace.blobs)


def test_two_processes_that_begin_at_once_agree(workplace: Workplace) -> None:
    import threading

    check: Callable[[], None] = lambda: binding.check(workplace)  # noqa: E731
    threads = [threading.Thread(target=check) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert workplace.blobs.notes.identity() == identity(workplace)
