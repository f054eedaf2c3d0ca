"""A receiver as the process that a site runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.receiver.receiver import Listening
from tests.app.receiver.senders import TITLE
from tests.paths import ROOT


@dataclass
class Running:
    """The process, and where it listens."""

    process: subprocess.Popen[str]
    listening: Listening


def environment(data: Path, **more: str) -> Mapping[str, str]:
    """Of a receiver on a free port."""
    return {
        **os.environ,
        "DPROTONET_DATA": str(data),
        "DPROTONET_PATIENTS": "no",
        "DPROTONET_RECEIVE_FROM": TITLE,
        "DPROTONET_RECEIVE_PORT": "0",
        "OMP_NUM_THREADS": "1",
        **more,
    }


@contextmanager
def running(data: Path, log: Path, **more: str) -> Iterator[Running]:
    """A receiver, killed at the end where it still runs.

    Args:
        data: its folder; the database is up to date.
        log: its standard error is added there.
        more: settings.
    """
    with log.open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "receive"],
            env=environment(data, **more),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            found = re.fullmatch(r"(\S+) listens at (\S+), port (\d+)\n", first)
            assert found, log.read_text()
            title, address, port = found.groups()
            yield Running(process, Listening(title, address, int(port)))
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
