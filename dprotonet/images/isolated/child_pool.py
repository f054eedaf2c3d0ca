"""A few children that take requests from many threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from dprotonet.errors import ReaderBusy
from dprotonet.images.isolated.child_process import Child, ChildLimits
from dprotonet.images.isolated.sandbox import PROTECTIONS


class ChildPool:
    """Lends its children, one to a request; they start when needed and end when idle.

    Args:
        limits: of each child.
        size: how many children there are at most.
        wait_seconds: how long a request waits for a free one; None: until there is one.
        idle_seconds: after which a child without requests is ended; None: never.
        niceness: added to the children's (Unix): 0 to 19, where more gives way to others.
    """

    def __init__(
        self,
        limits: ChildLimits,
        *,
        size: int = 1,
        wait_seconds: float | None = None,
        idle_seconds: float | None = None,
        niceness: int = 0,
    ) -> None:
        if size < 1:
            raise ValueError(f"a pool needs a child, not {size}")
        self._wait_seconds = wait_seconds
        self._idle_seconds = idle_seconds
        self._all = [Child(limits, niceness=niceness) for _ in range(size)]
        self._free = list(self._all)  # the one used last is at the end, and is lent first
        self._lent: set[Child] = set()
        self._stale: set[Child] = set()  # lent while the pool was closed
        self._changed = threading.Condition()
        self._timer: threading.Timer | None = None

    @property
    def pids(self) -> list[int]:
        """Process ids of the children that run."""
        return [pid for child in self._all if (pid := child.pid) is not None]

    @property
    def protections(self) -> tuple[str, ...]:
        """What holds in every child that has answered; () before the first answer."""
        reported = [set(child.protections) for child in self._all if child.protections]
        if not reported:
            return ()
        return tuple(name for name in PROTECTIONS if all(name in names for names in reported))

    @contextmanager
    def child(self) -> Iterator[Child]:
        """A child for one request.

        Raises:
            ReaderBusy: none became free in time.
        """
        child = self._take()
        try:
            yield child
        finally:
            self._give_back(child)

    def close(self) -> None:
        """End the children: the idle ones now, the others after their request."""
        with self._changed:
            self._stale = set(self._lent)
            for child in self._free:
                child.end()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _take(self) -> Child:
        with self._changed:
            if not self._changed.wait_for(lambda: self._free, self._wait_seconds):
                raise ReaderBusy("All readers are busy with other images. Try again in a moment.")
            child = self._free.pop()
            self._lent.add(child)
            return child

    def _give_back(self, child: Child) -> None:
        with self._changed:
            if child in self._stale:
                child.end()
            self._stale.discard(child)
            self._lent.discard(child)
            child.idle_since = time.monotonic()
            self._free.append(child)
            self._changed.notify()
            if self._idle_seconds is not None and self._timer is None:
                self._watch(self._idle_seconds)

    def _watch(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._end_idle)
        self._timer.daemon = True
        self._timer.start()

    def _end_idle(self) -> None:
        with self._changed:
            self._timer = None
            now, idle = time.monotonic(), self._idle_seconds or 0.0
            waits = []
            for child in self._free:
                if child.pid is None:
                    continue
                left = child.idle_since + idle - now
                if left > 0:
                    waits.append(left)
                else:
                    child.end()
            if waits or self._lent:
                self._watch(max(0.01, min(waits, default=idle)))
