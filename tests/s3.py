"""An S3 store of the tests' own: moto's server, a process of an environment of its own."""

from __future__ import annotations

import os
import re
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.tools import tool

PATIENCE = 60.0  # seconds until it answers
CREDENTIALS = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "tests",
    "AWS_SECRET_ACCESS_KEY": "of-no-use-elsewhere",
    "AWS_ALLOW_HTTP": "true",
}
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


class S3Server:
    """The server, with an empty bucket for whoever asks.

    Args:
        log: file of what it says.
    """

    def __init__(self, log: Path) -> None:
        program = tool("s3", "moto_server")
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [program, "-H", "127.0.0.1", "-p", "0"], stdout=file, stderr=file
            )
        end = time.monotonic() + PATIENCE
        while not (found := _ADDRESS.search(log.read_text())):
            assert self._process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.02)
        self.address = found[0]
        self.environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": self.address}
        """What a process needs that asks it."""

    def bucket(self) -> str:
        """The address of a new bucket, s3://NAME."""
        name = f"t{uuid.uuid4().hex}"
        with urlopen(Request(f"{self.address}/{name}", method="PUT"), timeout=PATIENCE):
            return f"s3://{name}"

    def stop(self) -> None:
        """End it; what it held is gone."""
        self._process.terminate()
        self._process.wait(PATIENCE)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """One for all tests of this process."""
    server = S3Server(tmp_path_factory.mktemp("s3") / "log")
    yield server
    server.stop()


@pytest.fixture
def bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket, with what it takes to reach it in the environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return s3_server.bucket()
