"""Work that kills the worker, which a worker finds by its name."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import Any

from dprotonet.cli.inputs import InputFile
from dprotonet.cli.recorded.task import Outcome


def run(request: Any, run: str, source: InputFile, place: PurePath | None) -> Outcome:
    """Kill the worker on ``killer``, each time; on ``once``, the first time; note every call."""
    mark = Path(run) / source.path.name
    is_first = not mark.exists()
    mark.touch()
    if source.path.name == "killer" or (source.path.name == "once" and is_first):
        os.kill(os.getpid(), 9)
    return Outcome([{"path": str(source.path), "frame": 0, "sha256": None}])
