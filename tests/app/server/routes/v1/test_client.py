"""The client of the documentation, as it stands there, against the routes on a real socket."""

from __future__ import annotations

import os
import runpy
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from PIL import Image

from app.services.accounts import api_tokens
from app.services.inference import queue
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.server.routes.v1.asking import server
from tests.app.services.workplaces import FakePool, make_workplace, png
from tests.paths import ROOT


@pytest.fixture
def workplace(tmp_path: Path, assets: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    """A workplace whose worker works."""
    opened = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.02):
            queue.run_pending(opened, FakePool())

    working = threading.Thread(target=work)
    working.start()
    yield opened
    stop.set()
    working.join()
    opened.close()


@pytest.fixture
def address(workplace: Workplace) -> Iterator[str]:
    """Of the routes, served."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        served = uvicorn.Server(uvicorn.Config(server(workplace), log_level="warning"))
        running = threading.Thread(target=served.run, kwargs={"sockets": [listening]})
        running.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        served.should_exit = True
        running.join()


def test_the_client_brings_back_a_prediction_and_a_heatmap(
    workplace: Workplace,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = ROOT / "docs" / "http_client.py"
    lines = [line for line in client.read_text("utf-8").splitlines() if line.strip()]
    assert len(lines) <= 50
    film = tmp_path / "a film.png"
    film.write_bytes(png(level=200))
    monkeypatch.setitem(os.environ, "DPROTONET_TOKEN", api_tokens.make(workplace, "the client"))
    monkeypatch.setattr("sys.argv", [str(client), address, str(film)])
    runpy.run_path(str(client), run_name="__main__")
    assert "finding" in capsys.readouterr().out
    with Image.open(tmp_path / "a film.heatmap.png") as heatmap:
        assert heatmap.mode == "L"
