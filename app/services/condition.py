"""How a server does: for whoever watches it, and without a word about an image or a person."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.bundles import BundleInfo
from app.domain.permissions import needs
from app.services import models
from app.services.inference import workers
from app.services.workplace import Workplace

LEAST_FREE = 64 << 20  # bytes on the disk of the data folder
WELL = "ok"


@dataclass(frozen=True)
class Figures:
    """What there is to do, and what there is to do it with."""

    jobs: Mapping[tuple[str, str], int]
    """By kind and state."""
    oldest_waiting: float
    """Seconds that the oldest waiting job has waited; 0 without one."""
    outbox: Mapping[str, int]
    """Revisions on their way to archives, by state."""
    workers: workers.Living
    free: int
    """Bytes on the disk of the data folder."""
    active: BundleInfo | None


@needs("run the program")
def readiness(workplace: Workplace) -> dict[str, str]:
    """What a server needs, each "ok" or a sentence that says what is wrong, without any path.

    ``database`` answers, ``disk`` has room for an image, ``worker`` gave a sign of life.

    Raises:
        ReadableError: the database does not answer.
    """
    return {**room(workplace), "worker": _worker(workplace)}


@needs("add images")
def room(workplace: Workplace) -> dict[str, str]:
    """Of :func:`readiness` what taking in an image needs: ``database`` and ``disk``."""
    with workplace.store.read() as tx:
        tx.setting("health")
    return {"database": WELL, "disk": _disk(workplace)}


@needs("run the program")
def figures(workplace: Workplace) -> Figures:
    """The figures as they are now.

    Raises:
        ReadableError: the database does not answer.
    """
    now = workplace.clock()
    with workplace.store.read() as tx:
        counts = tx.jobs.counts()
        oldest = tx.jobs.oldest_waiting()
        outbox = tx.outbox.counts()
    return Figures(
        counts,
        0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()),
        outbox,
        workers.living(workplace),
        shutil.disk_usage(workplace.settings.data).free,
        models.active(workplace),
    )


def _disk(workplace: Workplace) -> str:
    try:
        free = shutil.disk_usage(workplace.settings.data).free
    except OSError:
        return "The data folder cannot be read. Look whether its disk is there."
    if free < LEAST_FREE:
        return f"{free >> 20} MB are free, too few to take images in. Make room."
    return WELL


def _worker(workplace: Workplace) -> str:
    if workers.is_any_alive(workplace):
        return WELL
    if workplace.settings.workers == 0:
        return "No worker gives a sign of life. Start one with: python -m app worker"
    return "The worker gives no sign of life. It is started again by itself; look at the log."
