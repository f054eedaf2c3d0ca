"""Signs of life of the workers: rows where several share a database, else a file of the folder."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from app.domain.permissions import needs, within
from app.services.workplace import Workplace
from app.store.workers.holding import LEASE_SECONDS
from dprotonet.allocator import process_memory


@dataclass(frozen=True)
class Living:
    """The workers that gave a sign of life in the last seconds."""

    count: int
    memory: int
    """Resident bytes of all together, as they last said; 0 where that is not known."""


@needs("see models")
def is_any_alive(workplace: Workplace) -> bool:
    """Did a worker give a sign of life in the last seconds? Without one nothing is done."""
    return living(workplace).count > 0


@within
def living(workplace: Workplace) -> Living:
    """How many workers there are, and their memory."""
    if workplace.store.is_shared:
        with workplace.store.read() as tx:
            workers = tx.workers.living()
        return Living(len(workers), sum(one.memory for one in workers))
    try:
        mark = worker_mark(workplace)
        is_alive = time.time() - mark.stat().st_mtime < LEASE_SECONDS
        text = mark.read_text(encoding="ascii").strip()
    except OSError:
        return Living(0, 0)
    return Living(int(is_alive), int(text) if is_alive and text.isdecimal() else 0)


@needs("run the program")
def enter(workplace: Workplace) -> None:
    """Let this process be a worker: where several share the database it gets an id, under which it
    holds what it takes."""
    if workplace.store.is_shared:
        workplace.store.holder = secrets.token_hex(16)


@needs("run the program")
def sign(workplace: Workplace, *, device: str) -> None:
    """Give a sign of life.

    Raises:
        Unavailable: the database cannot be reached. A full or read-only disk is no death.
    """
    held = process_memory()
    memory = held.resident if held else 0
    if workplace.store.is_shared:
        with workplace.store.write() as tx:
            tx.workers.sign(pid=os.getpid(), device=device, memory=memory)
        return
    with contextlib.suppress(OSError):
        mark = worker_mark(workplace)
        mark.touch()
        mark.write_text(f"{memory}\n", encoding="ascii")


@needs("run the program")
def leave(workplace: Workplace) -> int:
    """End as a worker, and let wait again what this one still holds, without counting the attempt:
    nothing of it is to blame. What it still computes it may not write any more.

    Returns:
        How many pieces of work were put back.
    """
    if not workplace.store.is_shared:
        with contextlib.suppress(OSError):
            worker_mark(workplace).unlink(missing_ok=True)
        with workplace.store.write() as tx:
            return tx.outbox.put_back_held()
    with workplace.store.write() as tx:
        put_back = (
            tx.jobs.put_back_held()
            + tx.batch_items.put_back_held()
            + tx.tries.put_back_held()
            + tx.outbox.put_back_held()
        )
        tx.workers.leave()
    return put_back


@within
def worker_mark(workplace: Workplace) -> Path:
    """The file that an only worker writes its memory to: a sign of life of a few bytes."""
    return workplace.settings.data / ".worker.alive"
