"""Whatever happens to the database: no original is lost, and a backup brings the cases back."""

import re
import shlex
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from app import bootstrap
from app.cli.arguments import parse
from app.cli.main import main
from app.cli.requests import Backup, Bind, DeleteOrphans, ListOrphans, Restore, VerifyBackup
from app.runtime.folder_lock import FolderLock
from app.services import originals, review
from app.services.inference import queue
from app.services.originals import MOST_ASIDE
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.rows import Base
from app.store.sql_store import SqlStore
from tests.app.services.workplaces import make_workplace, png
from tests.paths import ROOT

DOCS = ROOT / "docs" / "backup.md"
Damage = Callable[[Settings, pytest.MonkeyPatch], AbstractContextManager[None]]


@pytest.fixture
def settings(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Of a bound, empty installation, as the command finds them in the environment."""
    monkeypatch.setenv("DPROTONET_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DPROTONET_DATABASE_URL", database_url)
    monkeypatch.setattr("os.umask", lambda mask: 0)
    # A start without a port, a second process and images of several megabytes.
    monkeypatch.setattr("app.server.asgi.serve", lambda settings, token: None)
    monkeypatch.setattr("app.runtime.supervisor.supervised", worker_begins)
    monkeypatch.setattr("app.services.demo.add_demo_cases", lambda workplace: 0)
    assert main([]) == 0
    yield Settings.from_environment()


@contextmanager
def worker_begins(count: int) -> Iterator[None]:
    workplace = bootstrap.open_workplace(Settings.from_environment())
    try:
        queue.begin(workplace)
        yield
    finally:
        workplace.close()


@pytest.fixture
def add(settings: Settings) -> Callable[[int, int], None]:
    """Takes in images, with numbers from the first to the one before the last."""

    def taken(first: int, last: int) -> None:
        with opened(settings) as workplace:
            for number in range(first, last):
                intake.add(workplace, png(number), name=f"{number}.png", predict=False)

    return taken


@contextmanager
def opened(settings: Settings) -> Iterator[Workplace]:
    workplace = make_workplace(settings)
    yield workplace
    workplace.close()


def backup(capsys: pytest.CaptureFixture) -> str:
    capsys.readouterr()
    assert main(["backup"]) == 0
    return str(capsys.readouterr().out.strip())


def readable(settings: Settings) -> list[bytes]:
    """The originals of all cases, each read through its row."""
    with opened(settings) as workplace:
        with workplace.store.read() as tx:
            result = list(tx.cases.ids())
        return sorted(review.original(workplace, case_id) for case_id in result)


def originals_anywhere(settings: Settings) -> int:
    """Files of originals in the data folder, wherever they lie."""
    keys = {
        path.name for path in settings.data.rglob("*") if re.fullmatch("[0-9a-f]{64}", path.name)
    }
    return len(keys)


def images(first: int, last: int) -> list[bytes]:
    return sorted(png(number) for number in range(first, last))


def sqlite_path(settings: Settings) -> Path | None:
    url = make_url(settings.store_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


@contextmanager
def emptied(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    store = SqlStore(settings.store_url)
    Base.metadata.drop_all(store.engine)
    with store.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    store.close()
    yield


@contextmanager
def missing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    file = sqlite_path(settings)
    if file is not None:
        for path in file.parent.glob(f"{file.name}*"):
            path.unlink()
        yield
        return
    with monkeypatch.context() as patch:
        url = make_url(settings.store_url).set(database="none_such")
        patch.setenv("DPROTONET_DATABASE_URL", url.render_as_string(hide_password=False))
        yield


@contextmanager
def another(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    store = SqlStore(settings.store_url)
    with store.engine.begin() as connection:
        connection.execute(text('DELETE FROM "case"'))
    with store.write() as tx:
        tx.set_setting("identity", "f" * 32)
    store.close()
    yield


@contextmanager
def damaged(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    file = sqlite_path(settings)
    if file is None:
        pytest.skip("PostgreSQL keeps its own files")
    file.write_bytes(b"\xff" * file.stat().st_size)
    yield


@pytest.mark.parametrize("damage", [emptied, missing, another, damaged])
def test_a_start_without_its_database_is_refused_and_a_backup_brings_all_back(
    settings: Settings,
    add: Callable[[int, int], None],
    damage: Damage,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    add(0, 12)
    saved = backup(capsys)
    with damage(settings, monkeypatch):
        for _ in range(2):
            assert main([]) == 1
            printed = capsys.readouterr()
            assert re.search("restore|DPROTONET_DATABASE_URL", printed.err)
            assert "Traceback" not in printed.err and originals_anywhere(settings) == 12
    assert main(["restore", saved]) == 0
    assert main([]) == 0
    assert readable(settings) == images(0, 12) and originals_anywhere(settings) == 12


@pytest.mark.parametrize("newer", [5, MOST_ASIDE + 5])
def test_an_older_backup_and_then_the_newer_one_lose_nothing(
    settings: Settings,
    add: Callable[[int, int], None],
    newer: int,
    capsys: pytest.CaptureFixture,
) -> None:
    add(0, 3)
    older = backup(capsys)
    add(3, 3 + newer)
    latest = backup(capsys)
    assert main(["restore", older]) == 0
    printed = capsys.readouterr().out
    if newer <= MOST_ASIDE:
        assert f"{newer} files not named in the database, put aside" in printed
    else:
        assert f"{newer} files not named in the database, left in place" in printed
    for _ in range(2):
        assert main([]) == 0
    assert readable(settings) == images(0, 3) and originals_anywhere(settings) == 3 + newer
    assert main(["restore", latest]) == 0
    if newer <= MOST_ASIDE:
        assert f"{newer} files came back" in capsys.readouterr().out
    assert main([]) == 0
    assert readable(settings) == images(0, 3 + newer)


def test_what_was_there_before_a_restore_is_saved_and_can_be_restored(
    settings: Settings, add: Callable[[int, int], None], capsys: pytest.CaptureFixture
) -> None:
    add(0, 2)
    older = backup(capsys)
    add(2, 6)
    assert main(["restore", older]) == 0
    result = re.search("before: (.*)", capsys.readouterr().out)
    assert result and Path(result[1]).name.startswith("before-restore-")
    assert main(["restore", result[1]]) == 0
    assert readable(settings) == images(0, 6)
    assert Path(older).is_file()  # what is saved pushes no backup out


def test_restore_says_how_many_files_are_nowhere(
    settings: Settings, add: Callable[[int, int], None], capsys: pytest.CaptureFixture
) -> None:
    add(0, 4)
    saved = backup(capsys)
    with opened(settings) as workplace:
        review.delete_case(workplace, review.list_cases(workplace).rows[0].case_id)
    assert main(["restore", saved]) == 0
    assert "1 file named in the database, but missing" in capsys.readouterr().out


def test_restore_waits_for_nobody_and_changes_nothing_while_server_or_worker_run(
    settings: Settings, add: Callable[[int, int], None], capsys: pytest.CaptureFixture
) -> None:
    saved = backup(capsys)
    add(0, 2)
    for path in (settings.server_lock, settings.worker_lock):
        with FolderLock(path, note="process 7"):
            assert main(["restore", saved]) == 1
            assert "already runs" in capsys.readouterr().err
    assert readable(settings) == images(0, 2)


def test_restore_and_bind_are_refused_while_a_worker_lives_on_any_machine(
    settings: Settings, add: Callable[[int, int], None], capsys: pytest.CaptureFixture
) -> None:
    if not settings.is_shared:
        pytest.skip("its one worker holds the folder's lock")
    saved = backup(capsys)
    add(0, 2)
    store = SqlStore(settings.store_url)
    store.holder = "elsewhere"
    with store.write() as tx:
        tx.workers.sign(pid=7, device="cpu", memory=0)
    store.close()
    for command in (["restore", saved], ["bind", "--yes"]):
        assert main(command) == 1
        assert "1 worker gave a sign of life" in capsys.readouterr().err
    assert readable(settings) == images(0, 2)


def test_a_backup_that_is_damaged_or_none_changes_nothing(
    settings: Settings,
    add: Callable[[int, int], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
) -> None:
    add(0, 2)
    content = bytearray(Path(backup(capsys)).read_bytes())
    cut, turned, letter = tmp_path / "cut", tmp_path / "turned", tmp_path / "letter"
    cut.write_bytes(content[: len(content) // 2])
    content[len(content) // 3 : len(content) // 2] = b"\xff" * (
        len(content) // 2 - len(content) // 3
    )
    turned.write_bytes(content)
    letter.write_bytes(b"Dear colleague,")
    other = tmp_path / "other"
    is_sqlite = sqlite_path(settings) is not None
    other.write_bytes(b"PGDMP and more" if is_sqlite else b"SQLite format 3\0 and more")
    for path in (cut, turned, letter, other, tmp_path / "none"):
        assert main(["restore", str(path)]) == 1
        printed = capsys.readouterr().err
        assert (
            "Take another" in printed
            or "Name one" in printed
            or "Take one of this database" in printed
        )
        assert "Traceback" not in printed
    assert readable(settings) == images(0, 2)
    assert not list(settings.backups.glob("before-restore*"))


def test_a_backup_of_a_later_version_or_another_folder_is_refused(
    settings: Settings, add: Callable[[int, int], None], capsys: pytest.CaptureFixture
) -> None:
    add(0, 2)
    store = SqlStore(settings.store_url)
    with store.write() as tx:
        tx.set_setting("identity", "f" * 32)
    foreign = backup(capsys)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '7777'"))
    later = backup(capsys)
    store.close()
    assert main(["restore", later]) == 1
    assert "later version" in capsys.readouterr().err
    assert main(["restore", foreign]) == 1
    assert "another data folder" in capsys.readouterr().err
    assert main(["restore", foreign, "--anyway"]) == 0
    assert main([]) == 0 and readable(settings) == images(0, 2)


def test_bind_asks_and_moves_nothing(
    settings: Settings,
    add: Callable[[int, int], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    add(0, MOST_ASIDE + 2)
    with emptied(settings, monkeypatch):
        monkeypatch.setattr("builtins.input", lambda question: "n")
        assert main(["bind"]) == 1 and main([]) == 1
        assert main(["bind", "--yes"]) == 0
        assert "names 0 files; 0 of them are here" in capsys.readouterr().out
        assert main([]) == 0
    with opened(settings) as workplace:
        assert len(set(workplace.blobs.all_keys())) == MOST_ASIDE + 2


def test_orphans_are_listed_by_day_and_deleted_when_agreed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    with opened(settings) as workplace:
        workplace.blobs.put(b"x" * 2_000_000)
        originals.tidy(workplace)
    capsys.readouterr()
    assert main(["orphans"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2026-03-01  1 file, 2.0 MB",
        "In all 1 file, 2.0 MB",
    ]
    monkeypatch.setattr("builtins.input", lambda question: "")
    assert main(["orphans", "delete"]) == 1
    monkeypatch.setattr("builtins.input", lambda question: "y")
    assert main(["orphans", "delete"]) == 0
    assert "1 file deleted" in capsys.readouterr().out
    assert main(["orphans", "list"]) == 0
    assert "No files are put aside" in capsys.readouterr().out


def test_an_earlier_versions_installation_starts_and_is_bound(
    settings: Settings, add: Callable[[int, int], None]
) -> None:
    add(0, 3)
    (settings.blobs / "identity.txt").unlink()
    store = SqlStore(settings.store_url)
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM setting WHERE key = 'identity'"))
    store.close()
    assert main([]) == 0
    assert len((settings.blobs / "identity.txt").read_text().strip()) == 32
    assert readable(settings) == images(0, 3)


def test_a_restore_on_a_new_computer_needs_the_originals_and_the_backup(
    settings: Settings,
    add: Callable[[int, int], None],
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    add(0, 3)
    saved = backup(capsys)
    new = tmp_path / "new"
    if sqlite_path(settings) is not None:
        monkeypatch.setenv("DPROTONET_DATABASE_URL", "")
    monkeypatch.setenv("DPROTONET_DATA", str(new))
    assert main(["restore", saved]) == 1
    assert "Copy the originals" in capsys.readouterr().err
    for path in settings.blobs.rglob("*"):
        if path.is_file():
            target = new / "blobs" / path.relative_to(settings.blobs)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    assert main(["restore", saved]) == 0 and main([]) == 0
    assert readable(Settings.from_environment()) == images(0, 3)


def test_a_database_that_another_program_holds_open_is_not_replaced(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("DPROTONET_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DPROTONET_DATABASE_URL", sqlite_url)
    monkeypatch.setattr("os.umask", lambda mask: 0)
    monkeypatch.setattr("app.store.restore.PATIENCE", 0.1)
    saved = backup(capsys)
    path = sqlite_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM setting").fetchone()
        before = Path(path).stat().st_ino
        assert main(["restore", saved]) == 1
        assert "Another program has the database open" in capsys.readouterr().err
        assert Path(path).stat().st_ino == before
    other.close()


def test_the_documents_commands_are_the_programs(capsys: pytest.CaptureFixture) -> None:
    commands = re.findall(r"python -m app ([a-z][^`\n]*)", DOCS.read_text(encoding="utf-8"))
    kinds = {
        "verify-backup": VerifyBackup,
        "backup": Backup,
        "restore": Restore,
        "bind": Bind,
        "orphans": ListOrphans | DeleteOrphans,
    }
    assert {command.split()[0] for command in commands} == set(kinds)
    for command in commands:
        assert isinstance(parse(shlex.split(command)), kinds[command.split()[0]])
