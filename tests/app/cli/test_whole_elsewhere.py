"""Backup, check and restore of an installation whose stored files lie in an S3 store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app import bootstrap
from app.cli.main import main
from app.services.storage.checking import problems
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.workplaces import DirectReader, png

pytestmark = pytest.mark.tools
IMAGES = 3


@pytest.fixture
def workplace(
    sqlite_url: str, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workplace]:
    monkeypatch.setenv("DPROTONET_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DPROTONET_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("DPROTONET_BLOBS", f"{bucket}/reviews")
    monkeypatch.setenv("DPROTONET_PATIENTS", "no")
    monkeypatch.setattr("os.umask", lambda mask: 0)
    monkeypatch.setattr("app.bootstrap.ImageReader", DirectReader)
    opened = bootstrap.open_workplace(Settings.from_environment())
    for number in range(IMAGES):
        intake.add(opened, png(number), name=f"{number}.png", predict=False)
    yield opened
    opened.close()


def test_a_backup_has_every_file_of_the_bucket_and_brings_back_what_is_lost_or_changed(
    workplace: Workplace, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    blobs = workplace.blobs
    assert not workplace.settings.blobs.exists() and list(problems(workplace)) == []
    keys = sorted(blobs.all_keys())
    content = {key: blobs.read(key) for key in keys}
    assert main(["backup", "--to", str(tmp_path / "disk")]) == 0
    made = Path(capsys.readouterr().out.splitlines()[0])
    assert sorted(path.name for path in (made / "blobs").glob("??/*")) == keys
    assert (made / "blobs" / "identity.txt").read_text().strip() == blobs.notes.identity()

    lost, changed, *_ = keys
    blobs.delete(lost)
    with blobs._store.writing(blobs.path(changed)) as file:
        file.write(b"something else")
    assert main(["check"]) == 1
    workplace.close()
    assert main(["restore", str(made)]) == 0
    said = capsys.readouterr().out
    assert "2 files brought back" in said and "What differed lies in" in said
    (aside,) = workplace.settings.backups.glob("replaced-*")
    assert [path.read_bytes() for path in aside.rglob(changed)] == [b"something else"]
    assert main(["check"]) == 0
    fresh = bootstrap.open_blobs(workplace.settings)
    assert {key: fresh.read(key) for key in fresh.all_keys()} == content


def test_a_backup_moves_a_folder_into_a_bucket_and_a_bucket_into_a_folder(
    workplace: Workplace,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    keys = sorted(workplace.blobs.all_keys())
    workplace.close()
    for number, blobs in enumerate(("", f"{bucket}/elsewhere")):
        capsys.readouterr()
        assert main(["backup", "--to", str(tmp_path / str(number))]) == 0
        made = capsys.readouterr().out.splitlines()[0]
        monkeypatch.setenv("DPROTONET_BLOBS", blobs)
        assert main(["restore", made]) == 0
        assert main(["check"]) == 0
        here = bootstrap.open_blobs(Settings.from_environment())
        assert sorted(here.all_keys()) == keys and (here.elsewhere is None) == (not blobs)


def test_a_backup_of_files_that_are_away_is_refused_and_not_half_there(
    workplace: Workplace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("app.store.files.stores.s3.Patience.retries", 0)
    assert main(["backup", "--to", str(tmp_path / "disk")]) == 1
    assert "S3 store of the files cannot be reached" in capsys.readouterr().err
    assert not (tmp_path / "disk").exists()
