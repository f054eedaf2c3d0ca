"""Sending beside the worker's own work: an archive that is slow holds up no prediction."""

from __future__ import annotations

import logging
import threading
import time

from app.services.inference import failures
from app.services.sending import delivering
from app.services.workplace import Workplace

log = logging.getLogger(__name__)
LOOK_SECONDS = 1.0  # between two looks for something to send
LEFT_SECONDS = 5.0  # between two looks for what other workers left that died
TROUBLE_SECONDS = 2.0  # rest after an error of the loop itself, such as a database that is away


class Sender:
    """A thread of the worker that sends one revision after another; none where the site sends
    nothing.

    Args:
        workplace: the worker's.
        stop: ends the thread after, or in the midst of, the sending at hand.
    """

    def __init__(self, workplace: Workplace, stop: threading.Event) -> None:
        self._workplace, self._stop = workplace, stop
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, if the site sends anything."""
        if self._workplace.settings.sending.sends and self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def wait(self, seconds: float) -> None:
        """Let the sending at hand come to its end, once ``stop`` is set."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        left_due, is_in_trouble = 0.0, False
        while not self._stop.is_set():
            try:
                if is_in_trouble:
                    delivering.put_back(self._workplace)
                    is_in_trouble = False
                if time.monotonic() >= left_due:
                    left_due = time.monotonic() + LEFT_SECONDS
                    delivering.take_up_left(self._workplace)
                if not delivering.send_next(self._workplace, stop=self._stop.is_set):
                    self._stop.wait(LOOK_SECONDS)
            except Exception as error:
                failures.sentence(error)
                is_in_trouble = True
                self._stop.wait(TROUBLE_SECONDS)
