"""A worker without a server: it refuses what it cannot work on, and leaves with SIGTERM."""

import signal
from pathlib import Path

import pytest

from app.cli.main import main
from app.runtime import worker


def test_a_database_of_another_version_is_refused(
    data: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["worker"]) == 1
    assert "python -m app migrate" in capsys.readouterr().err


def test_a_device_that_is_not_there_is_refused(data: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["migrate"]) == 0
    assert main(["worker", "--device", "cuda:99"]) == 1
    assert "no device cuda:99" in capsys.readouterr().err


def test_it_works_until_it_is_told_to_leave(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def work(settings: object, *, device: str, leaving: worker.Leaving) -> None:
        done.append(device)
        signal.raise_signal(signal.SIGTERM)
        assert leaving.stop.wait(10)

    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    monkeypatch.setattr(worker, "work", work)
    monkeypatch.setattr(worker.Leaving, "_end", lambda leaving: None)  # it ends the process
    monkeypatch.setattr("app.cli.worker.keep_freed_memory", lambda: None)
    assert main(["migrate"]) == 0
    try:
        assert main(["worker", "--device", "cpu"]) == 0
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
            signal.signal(number, handler)
    assert done == ["cpu"]
