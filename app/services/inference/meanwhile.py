"""What pages wait for is done while a piece of a batch waits for another machine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

LOOK_SECONDS = 0.1  # between two looks for other work
Answer = TypeVar("Answer")
Stop = Callable[[], bool]


class Meanwhile:
    """Does work in a thread, and other work in this one until it is done.

    Args:
        between: called again and again; does what goes first.
        unwanted: asked whether nobody waits for the work any more.
    """

    def __init__(self, between: Callable[[], object], unwanted: Stop) -> None:
        self._between, self._unwanted = between, unwanted

    def __call__(self, work: Callable[[Stop], Answer]) -> Answer:
        """What the work gives, or raises; it is told by its argument to give up."""
        given_up = threading.Event()
        with ThreadPoolExecutor(1) as threads:
            future = threads.submit(work, given_up.is_set)
            try:
                while not wait([future], LOOK_SECONDS).done:
                    if self._unwanted():
                        given_up.set()
                    self._between()
            except BaseException:
                given_up.set()
                raise
            return future.result()
