"""A worker without a server: what ``python -m app worker`` does."""

from __future__ import annotations

import os
import signal

from app.cli.database import check_up_to_date
from app.cli.requests import Work
from app.domain.errors import Refused
from app.runtime.supervisor import ENVIRONMENT
from app.settings import Settings
from dprotonet.allocator import keep_freed_memory

CUDA = "cuda"


def run(settings: Settings, request: Work) -> int:
    """Work on the same database and data folder as a server elsewhere, until SIGTERM or Ctrl-C.

    Raises:
        Refused: the database is not that of this version, or the device is not there.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)  # OpenMP reads them when torch is imported
    _check_device(request.device)
    check_up_to_date(settings)
    from app.runtime import worker

    keep_freed_memory()
    leaving = worker.Leaving()
    worker.leave_on(leaving, signal.SIGTERM, signal.SIGINT)
    worker.work(settings, device=request.device, leaving=leaving)
    return 0


def _check_device(device: str) -> None:
    if not device.startswith(CUDA):
        return
    import torch

    number = int(device.removeprefix(CUDA).removeprefix(":") or 0)
    if number >= torch.cuda.device_count():
        raise Refused(
            f"There is no device {device} here: {torch.cuda.device_count()} are found. "
            "Give another one, or --device cpu."
        )
