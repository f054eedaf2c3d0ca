"""Is the process alive, and can it do what it is there for?"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping

from app.services import jobs
from app.services.workplace import Workplace
from app.store.errors import readable_errors
from dprotonet.errors import ReadableError

LEAST_FREE = 64 << 20  # bytes on the disk of the data folder
WELL = "ok"


def readiness(get_workplace: Callable[[], Workplace]) -> Mapping[str, str]:
    """What a server needs, each "ok" or a sentence that says what is wrong, without any path.

    ``database`` answers, ``disk`` has room for an image, ``worker`` gave a sign of life.
    """
    try:
        with readable_errors():
            workplace = get_workplace()
            with workplace.store.read() as tx:
                tx.setting("health")
    except ReadableError:
        return {"database": "It does not answer. Look at the log of the server."}
    return {"database": WELL, "disk": _disk(workplace), "worker": _worker(workplace)}


def is_ready(found: Mapping[str, str]) -> bool:
    """Is everything as it should be?"""
    return all(sentence == WELL for sentence in found.values())


def _disk(workplace: Workplace) -> str:
    try:
        free = shutil.disk_usage(workplace.settings.data).free
    except OSError:
        return "The data folder cannot be read. Look whether its disk is there."
    if free < LEAST_FREE:
        return f"{free >> 20} MB are free, too few to take images in. Make room."
    return WELL


def _worker(workplace: Workplace) -> str:
    if jobs.worker_is_alive(workplace):
        return WELL
    return "The worker gives no sign of life. It is started again by itself; look at the log."
