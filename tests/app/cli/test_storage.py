"""``check``, ``seal`` and ``retention``: what they print, and when they end with 1."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import bootstrap
from app.cli.main import main
from app.services import image_data, review
from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.files.sealing import MARK
from tests.app.services.workplaces import DirectReader, FakePool, png


def opened() -> Workplace:
    return bootstrap.open_workplace(Settings.from_environment())


def stored(data: Path) -> list[Path]:
    return [path for path in data.glob("blobs/??/*") if path.is_file()]


@pytest.fixture
def image(data: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installation with one image; its case."""
    monkeypatch.setattr("app.bootstrap.ImageReader", DirectReader)
    monkeypatch.setenv("DPROTONET_PATIENTS", "no")
    assert main(["migrate"]) == 0
    workplace = opened()
    case_id = intake.add(workplace, png(1), name="1.png", predict=False).case_id
    workplace.close()
    assert case_id is not None
    return case_id


def test_check_names_a_changed_file(
    data: Path, image: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr("app.settings.Settings.model_folders", ())
    assert main(["check"]) == 0
    (path,) = stored(data)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    capsys.readouterr()
    assert main(["check"]) == 1
    assert path.name in capsys.readouterr().out


def test_with_a_key_all_that_is_stored_is_sealed_and_shown_as_before(
    data: Path, image: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert main(["new-key", str(data.parent / "key")]) == 0
    monkeypatch.setenv("DPROTONET_BLOB_KEY", str(data.parent / "key"))
    workplace = opened()
    other = intake.add(workplace, png(2), name="2.png").case_id or ""
    queue.run_pending(workplace, FakePool())
    assert review.original(workplace, image) == png(1)
    assert review.original(workplace, other) == png(2)
    assert image_data.image(workplace, other).shape == (16, 18)
    workplace.close()
    plain = [path for path in stored(data) if not path.read_bytes().startswith(MARK)]
    assert len(plain) == 1 and plain[0].read_bytes() == png(1)
    capsys.readouterr()
    assert main(["seal"]) == 0
    assert "1 files turned over" in capsys.readouterr().out
    assert all(path.read_bytes().startswith(MARK) for path in stored(data))
    monkeypatch.delenv("DPROTONET_BLOB_KEY")
    before = [path.read_bytes() for path in stored(data)]
    assert main(["seal"]) == 1 and main([]) == 1
    assert "DPROTONET_BLOB_KEY" in capsys.readouterr().err
    assert [path.read_bytes() for path in stored(data)] == before


def test_retention_prints_what_would_go_and_deletes_it_when_told_its_plan(
    data: Path, image: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert main(["retention"]) == 1
    assert "DPROTONET_KEEP_UNREAD_DAYS" in capsys.readouterr().err
    monkeypatch.setenv("DPROTONET_KEEP_UNREAD_DAYS", "1")
    assert main(["retention"]) == 0
    assert "0 cases are due" in capsys.readouterr().out
    workplace = opened()
    with workplace.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE \"case\" SET created_at = '2026-01-01 00:00:00.000000'")
    workplace.close()
    assert main(["retention"]) == 0
    printed = capsys.readouterr().out
    assert image in printed and "Nothing was deleted" in printed and len(stored(data)) == 1
    plan = re.search(r"--apply ([0-9a-f]{64})", printed)
    assert plan is not None
    assert main(["retention", "--apply", "0" * 64]) == 1
    assert main(["retention", "--apply", plan[1]]) == 0
    assert "1 cases deleted" in capsys.readouterr().out and stored(data) == []
