"""The data folder of a command, as the environment names it."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DPROTONET_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(os, "umask", lambda mask: 0)
    return tmp_path / "data"
