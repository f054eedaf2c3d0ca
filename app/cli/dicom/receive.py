"""The process that takes in what other systems send: what ``python -m app receive`` does."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import closing
from types import FrameType

from app import bootstrap
from app.cli.database import check_up_to_date
from app.runtime.folder_lock import FolderLock
from app.settings import Settings

LAST_SECONDS = 12.0  # after a signal; what is unfinished then was not answered


def run(settings: Settings) -> int:
    """Receive until SIGTERM or Ctrl-C.

    Raises:
        Refused: the database is not that of this version, another receiver uses the data folder, or
            as :func:`app.receiver.receiver.receiving`.
    """
    from app.receiver.receiver import receiving

    check_up_to_date(settings)
    stop = threading.Event()
    _stop_on(stop, signal.SIGTERM, signal.SIGINT)
    note = f"receiver, process {os.getpid()}"
    with (
        FolderLock(settings.receiver_lock, note=note),
        closing(bootstrap.open_workplace(settings)) as workplace,
        receiving(workplace) as listening,
    ):
        print(f"{listening.title} listens at {listening.address}, port {listening.port}")
        sys.stdout.flush()
        stop.wait()
        last = threading.Timer(LAST_SECONDS, os._exit, (0,))
        last.daemon = True
        last.start()
    last.cancel()
    return 0


def _stop_on(stop: threading.Event, *numbers: signal.Signals) -> None:
    def leave(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in numbers:
        signal.signal(number, leave)
