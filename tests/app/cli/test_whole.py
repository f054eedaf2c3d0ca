"""A backup of all that is stored: made while the program runs, verified, put back, never half."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app import bootstrap
from app.cli.main import main
from app.services import models, review
from app.services.storage.checking import problems
from app.services.uploading import intake
from app.settings import Settings
from app.store.backups import manifest
from app.store.sql_store import SqlStore
from tests.app.services.workplaces import DirectReader, png
from tests.dprotonet.tiny_bundle import make_tiny_bundle

IMAGES = 3


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "own"
    make_tiny_bundle(folder, ("none", "finding"), name="own", seed=5)
    return folder


@pytest.fixture
def settings(
    database_url: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Of an installation with some images and a model of its own."""
    monkeypatch.setenv("DPROTONET_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DPROTONET_DATABASE_URL", database_url)
    monkeypatch.setenv("DPROTONET_PATIENTS", "no")
    monkeypatch.setattr("os.umask", lambda mask: 0)
    monkeypatch.setattr("app.bootstrap.ImageReader", DirectReader)
    here = Settings.from_environment()
    workplace = bootstrap.open_workplace(here)
    for number in range(IMAGES):
        intake.add(workplace, png(number), name=f"{number}.png", predict=False)
    models.add(workplace, model)
    workplace.close()
    yield here


@pytest.fixture
def made(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture) -> Path:
    """A backup of it."""
    assert main(["backup", "--to", str(tmp_path / "disk")]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert "Not in it: keys" in printed[-1]
    return Path(printed[0])


def readable(settings: Settings) -> list[bytes]:
    workplace = bootstrap.open_workplace(settings)
    with workplace.store.read() as tx:
        ids = list(tx.cases.ids())
    result = sorted(review.original(workplace, case_id) for case_id in ids)
    workplace.close()
    return result


def flip(path: Path, place: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_all_is_in_it_and_each_changed_missing_or_added_file_is_named(
    made: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["verify-backup", str(made)]) == 0
    names = set(manifest.files_in(made)) - {"manifest.json"}
    blobs = {name for name in names if name.startswith("blobs/")}
    assert len(blobs) == IMAGES + 1 and "models/own/bundle.json" in names
    capsys.readouterr()
    for name in sorted(names):
        path = made / name
        whole = path.read_bytes()
        flip(path, len(whole) // 2)
        assert main(["verify-backup", str(made)]) == 1
        assert capsys.readouterr().out.startswith(f"{name} was changed"), name
        path.write_bytes(whole)
    lost = sorted(blobs)[0]
    whole = (made / lost).read_bytes()
    (made / lost).unlink()
    (made / "blobs" / "more").write_bytes(b"")
    assert main(["verify-backup", str(made)]) == 1
    printed = capsys.readouterr().out
    assert f"{lost} is missing" in printed and "blobs/more is not of this backup" in printed
    (made / lost).write_bytes(whole)
    (made / "blobs" / "more").unlink()
    assert main(["verify-backup", str(made)]) == 0
    flip(made / "manifest.json", 30)
    assert main(["verify-backup", str(made)]) == 1
    assert "no whole backup" in capsys.readouterr().err


def test_an_empty_computer_gets_all_back_and_what_was_encrypted_stays_so(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.setenv("DPROTONET_BLOB_KEY", "ab" * 32)
    assert main(["seal"]) == 0
    capsys.readouterr()
    assert main(["backup", "--to", str(tmp_path / "disk")]) == 0
    made = Path(capsys.readouterr().out.splitlines()[0])
    stored = list((made / "blobs").glob("??/*"))
    assert len(stored) == IMAGES and all(b"PNG" not in path.read_bytes() for path in stored)
    shutil.rmtree(settings.data)
    url = make_url(settings.store_url)
    if url.get_backend_name() == "sqlite":
        Path(str(url.database)).unlink()
    monkeypatch.delenv("DPROTONET_BLOB_KEY")
    assert main(["verify-backup", str(made)]) == 0
    assert main(["restore", str(made)]) == 1
    assert "DPROTONET_BLOB_KEY" in capsys.readouterr().err
    assert list(settings.blobs.glob("??/*")) == []
    monkeypatch.setenv("DPROTONET_BLOB_KEY", "ab" * 32)
    settings = Settings.from_environment()
    assert main(["restore", str(made)]) == 0
    assert "brought back, 0 were there" in capsys.readouterr().out
    assert readable(settings) == sorted(png(number) for number in range(IMAGES))
    workplace = bootstrap.open_workplace(settings)
    assert list(problems(workplace)) == []
    assert "own" in {info.name for info in models.all(workplace)}
    workplace.close()
    assert main(["audit", "verify"]) == 0


def test_what_differs_is_put_back_and_moved_aside_not_lost(
    settings: Settings, made: Path, capsys: pytest.CaptureFixture
) -> None:
    damaged = sorted((settings.blobs).rglob("[0-9a-f]*[0-9a-f]"))[-1]
    flip(damaged)
    changed = damaged.read_bytes()
    assert main(["restore", str(made)]) == 0
    assert "1 file brought back" in capsys.readouterr().out
    assert hashlib.sha256(damaged.read_bytes()).hexdigest() == damaged.name
    (aside,) = settings.backups.rglob(damaged.name)
    assert aside.read_bytes() == changed


def test_a_changed_backup_is_not_restored(
    settings: Settings, made: Path, capsys: pytest.CaptureFixture
) -> None:
    blob = sorted(made.rglob("blobs/*/*"))[0]
    flip(blob)
    assert main(["restore", str(made)]) == 1
    assert blob.name in capsys.readouterr().err
    assert len(readable(settings)) == IMAGES


def test_what_was_wrong_before_a_backup_is_named_and_in_it(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    blob = sorted(settings.blobs.rglob("*/[0-9a-f]*[0-9a-f]"))[-1]
    flip(blob)
    assert main(["backup", "--to", str(tmp_path / "disk")]) == 1
    assert blob.name in capsys.readouterr().out
    assert main(["backup", "--to", str(settings.data / "inside")]) == 1
    assert "elsewhere" in capsys.readouterr().err


def test_an_audit_that_was_changed_before_the_backup_is_named(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    store = SqlStore(settings.store_url)
    with store.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER USER")
        connection.exec_driver_sql("UPDATE audit SET actor = 'x' WHERE sequence = 2")
    store.close()
    assert main(["backup", "--to", str(tmp_path / "disk")]) == 1
    printed = capsys.readouterr().out
    folder = printed.splitlines()[0]
    assert "Entry 2" in printed and "actor" in printed
    assert main(["verify-backup", folder]) == 1
    assert "Entry 2" in capsys.readouterr().out
    assert main(["restore", folder]) == 1
    assert "Entry 2" in capsys.readouterr().err
    assert main(["restore", folder, "--anyway"]) == 0


KILLED = """
import os, signal, sys
from app.cli.main import main
from app.store.backups import making
count, real = 0, making.copy_file
def copy_file(source, target):
    global count
    count += 1
    if count == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    real(source, target)
making.copy_file = copy_file
main(sys.argv[2:])
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_kill_leaves_no_half_backup_that_looks_whole_and_no_half_restore(
    settings: Settings, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    disk = tmp_path / "killed"
    assert killed(2, "backup", "--to", str(disk)) == -signal.SIGKILL
    (part,) = disk.iterdir()
    assert part.name.endswith(".part") and main(["verify-backup", str(part)]) == 1
    before = readable(settings)
    for blob in settings.blobs.rglob("*/[0-9a-f]*[0-9a-f]"):
        blob.unlink()
    assert killed(2, "restore", str(made)) == -signal.SIGKILL
    assert len(list(settings.blobs.rglob("*/[0-9a-f]*[0-9a-f]"))) == 1
    capsys.readouterr()
    assert main(["restore", str(made)]) == 0
    assert readable(settings) == before


def killed(at: int, *arguments: str) -> int:
    command = [sys.executable, "-c", KILLED, str(at), *arguments]
    return subprocess.run(command, check=False, capture_output=True).returncode
