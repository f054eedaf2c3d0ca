"""The whole program as a reader starts it: one command, a data folder, a port."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import Settings
from tests.entering import STARTED_WITH, entrance
from tests.paths import ROOT

if TYPE_CHECKING:
    from app.services.workplace import Workplace

START = 120  # seconds until the first page must answer, on a busy machine
PATIENCE = 90_000  # milliseconds for one thing to appear on a page, on a busy machine


class Program:
    """``python -m app`` in its own process; it can be stopped and started on the same data."""

    def __init__(
        self,
        data: Path,
        *,
        environment: Mapping[str, str] | None = None,
        under: Sequence[str] = (),
    ) -> None:
        """
        Args:
            under: the command that starts the server, and is given the rest as arguments.
        """
        self.data = data
        self.models = data / "models"
        """Bundles in it are known at once."""
        self._under = under
        self._more = dict(environment or {})
        self.port = _free_port()
        self.address = f"http://localhost:{self.port}"
        self.entrance = entrance(self.port)
        """Where a browser gets its cookie."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def _environment(self) -> dict[str, str]:
        own = {
            "DPROTONET_DATA": str(self.data),
            "DPROTONET_PORT": str(self.port),
            "OMP_NUM_THREADS": "1",
            "OMP_WAIT_POLICY": "PASSIVE",
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DPROTONET_")}
        return kept | own | STARTED_WITH | self._more

    def run(self, *arguments: str) -> str:
        """One command of the program, to its end; returns what it printed."""
        return subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            cwd=ROOT,
            env=self._environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    @contextmanager
    def workplace(self) -> Iterator[Workplace]:
        """What commands work on, in this process: a process of its own takes a second to begin."""
        from app.cli.database import ready_workplace

        with ready_workplace(Settings.from_environment(self._environment)) as opened:
            yield opened

    def activate(self, model: str) -> None:
        """From now on new images are read with another model."""
        from app.services import models

        with self.workplace() as workplace:
            models.activate(workplace, model)

    def add_user(self, name: str, *roles: str) -> str:
        """Make an account; returns the link by which its owner sets a password."""
        from app.services.accounts import users

        with self.workplace() as workplace:
            link = users.add(workplace, name, roles=roles)
        return users.link_address(link, base=self.address)

    def start(self) -> None:
        """Begin, and wait until it answers."""
        log = (self.data / "server.log").open("ab")
        self._process = subprocess.Popen(
            [*self._under, sys.executable, "-m", "app"],
            cwd=ROOT,
            env=self._environment,
            stdout=log,
            stderr=log,
        )
        try:
            self._wait()
        except BaseException:
            self.stop()  # nobody else will: no test has it yet
            raise

    def _wait(self) -> None:
        process = self._process
        assert process is not None
        deadline = time.monotonic() + START
        while not self._answers():
            assert process.poll() is None, (self.data / "server.log").read_text()
            assert time.monotonic() < deadline, "the server did not answer in time"
            time.sleep(0.2)

    def stop(self) -> None:
        """Terminate it, as the system does at shutdown."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=2) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as answer:  # the worker may still be on its way
            found = json.load(answer)
        except OSError:
            return False
        return bool(found["database"] == "ok")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
