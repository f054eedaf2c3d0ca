"""A worker process: takes jobs from the store and does the model work.

``python -m app`` starts it and starts it again when it dies. It ends by itself when its parent is
gone: the parent holds the other end of its standard input and never writes to it.
``python -m app worker`` runs one alone, beside a server elsewhere.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from types import FrameType
from typing import Any

from app import bootstrap
from app.domain.actors import PROGRAM
from app.runtime.folder_lock import FolderLock
from app.runtime.log import configure_logging
from app.runtime.program_runner import ProgramRunner
from app.runtime.sender import Sender
from app.services import models
from app.services.checks import check_run
from app.services.deidentify import patients
from app.services.editing import learning_run
from app.services.inference import failures, queue, tries, workers
from app.services.inference.predictor_pool import PredictorPool
from app.services.pictures import folder_job
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.errors import readable_errors
from dprotonet.allocator import keep_freed_memory
from dprotonet.errors import ReadableError

log = logging.getLogger(__name__)
POLL_SECONDS = 0.1  # between two looks for work: a page waits at most so long for its work to begin
HAND_SECONDS = 30.0  # after a try in which the next one is expected
HAND_POLL_SECONDS = 0.02  # between two looks for it
CHOICE_SECONDS = 0.5  # between two looks whether it was said that patients' images are held
LIFE_SECONDS = 2.0  # between two signs of life
LEFT_SECONDS = 5.0  # between two looks for what other workers left that died
LAST_SECONDS = 2.0  # for putting back what is at hand, once the grace is over
STATISTICS_SECONDS = 600.0  # between two looks at the database's statistics
WATCH_SECONDS = 1.0  # between two questions whether a watched folder is due
UPKEEP_SECONDS = 20.0  # between two looks at the database's journal
TROUBLE_SECONDS = 2.0  # rest after an error of the loop itself, such as a full disk
GRACE_SECONDS = 8.0  # for the piece of work at hand, after which the process simply ends


def run(workplace: Workplace, *, stop: threading.Event, device: str = "cpu") -> None:
    """Work until ``stop`` is set.

    Args:
        workplace: where.
        stop: ends the loop after, or in the midst of, the piece of work at hand.
        device: that models run on.
    """
    life = threading.Thread(target=_live, args=(workplace, device, stop), daemon=True)
    life.start()
    try:
        engine = workplace.settings.engine
        _work(workplace, PredictorPool(workplace.models, device=device, engine=engine), stop)
    finally:
        stop.set()
        life.join(LIFE_SECONDS)
        _leave(workplace)


def _work(workplace: Workplace, pool: PredictorPool, stop: threading.Event) -> None:
    if workplace.awaits_choice:
        _warm_up(workplace, pool)
        workplace = _once_chosen(workplace, stop=stop)
    programs: list[ProgramRunner[Any]] = [
        ProgramRunner(workplace, "learn", learning_run.claim, learning_run.run, stop=stop.is_set),
        ProgramRunner(workplace, "check", check_run.claim, check_run.run, stop=stop.is_set),
        ProgramRunner(workplace, "attach", folder_job.claim, folder_job.run, stop=stop.is_set),
    ]
    sender = Sender(workplace, stop)
    is_begun = is_in_trouble = False
    upkeep_due = statistics_due = left_due = watch_due = 0.0
    while not stop.is_set():
        try:
            if not is_begun:
                queue.begin(workplace)
                _warm_up(workplace, pool)
                sender.start()
                is_begun = True
            if is_in_trouble:
                queue.take_up_again(workplace)
                is_in_trouble = False
            if workplace.store.is_shared and time.monotonic() >= left_due:
                left_due = time.monotonic() + LEFT_SECONDS
                queue.take_up_left(workplace)
            if time.monotonic() >= upkeep_due:
                upkeep_due = time.monotonic() + UPKEEP_SECONDS
                queue.upkeep(workplace)
            if workplace.settings.watched and time.monotonic() >= watch_due:
                watch_due = time.monotonic() + WATCH_SECONDS
                queue.look_around(workplace, pool, stop=stop.is_set)
            if time.monotonic() >= statistics_due:
                statistics_due = time.monotonic() + STATISTICS_SECONDS
                workplace.store.renew_statistics()
            for program in programs:
                program.look()
            if not queue.run_next(workplace, pool, stop=stop.is_set):
                _rest(workplace, pool, stop)
        except Exception as error:
            # The store could not be reached: a job's own errors are dealt with beside the job.
            # What was at hand is taken up again when the store is back.
            failures.sentence(error)
            is_in_trouble = True
            stop.wait(TROUBLE_SECONDS)
            # Others were cut off as well: they say that they live before their work is taken up.
            left_due = time.monotonic() + 2 * LEFT_SECONDS
    for program in programs:
        program.wait(GRACE_SECONDS)
    sender.wait(GRACE_SECONDS)


def _rest(workplace: Workplace, pool: PredictorPool, stop: threading.Event) -> None:
    """Wait until the next look for work; while somebody tries changes, look for those meanwhile."""
    end = time.monotonic() + POLL_SECONDS
    while time.monotonic() < min(end, pool.last_try + HAND_SECONDS):
        if stop.wait(HAND_POLL_SECONDS):
            return
        tries.run_waiting(workplace, pool)
    stop.wait(max(0.0, end - time.monotonic()))


def main(arguments: list[str] | None = None) -> int:
    """The process's entry."""
    parser = argparse.ArgumentParser(prog="python -m app.runtime.worker", description=__doc__)
    parser.add_argument("--until-stdin-closes", action="store_true")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda with a number")
    options = parser.parse_args(arguments)
    leaving = Leaving()
    _stop_on_signals(leaving)
    if options.until_stdin_closes:
        threading.Thread(target=_watch_parent, args=(leaving,), daemon=True).start()
    try:
        settings = Settings.from_environment()
        configure_logging(form=settings.log_format)
        keep_freed_memory()
        work(settings, device=options.device, leaving=leaving)
    except ReadableError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def work(settings: Settings, *, device: str, leaving: Leaving) -> None:
    """Be a worker of a data folder and its database until it is asked to leave.

    Raises:
        ReadableError: another worker is at work on a folder that takes one only, or folder and
            database cannot be used.
    """
    with readable_errors(), _only_worker(settings):
        workplace = bootstrap.open_workplace(settings, actor=PROGRAM)
        workers.enter(workplace)
        leaving.put_back = lambda: _leave(workplace)
        try:
            run(workplace, stop=leaving.stop, device=device)
        finally:
            workplace.close()


def _only_worker(settings: Settings) -> AbstractContextManager[object]:
    """Where several workers share a database no folder says who is at work."""
    if settings.is_shared:
        return nullcontext()
    return FolderLock(settings.worker_lock, patience=GRACE_SECONDS + 5)


def _once_chosen(workplace: Workplace, *, stop: threading.Event) -> Workplace:
    """Wait until it is known whether patients' images are held: there is no work before."""
    while workplace.awaits_choice and not stop.wait(CHOICE_SECONDS):
        workplace = patients.with_choice(workplace)
    return workplace


def _live(workplace: Workplace, device: str, stop: threading.Event) -> None:
    while not stop.is_set():
        with suppress(ReadableError):  # the database is away, and says so in the loop
            workers.sign(workplace, device=device)
        stop.wait(LIFE_SECONDS)


def _leave(workplace: Workplace) -> None:
    try:
        put_back = workers.leave(workplace)
    except ReadableError:
        log.warning("the database is away: what is at hand waits until this worker counts as gone")
    else:
        if put_back:
            log.info("%d pieces of work were put back", put_back)


def _warm_up(workplace: Workplace, pool: PredictorPool) -> None:
    chosen = models.active(workplace)
    if chosen is not None:
        try:
            pool.load(chosen.digest)
        except ReadableError:
            log.warning("the active model %s cannot be loaded", chosen.short)


class Leaving:
    """How a worker ends: soon, whatever it does."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.put_back: Callable[[], object] = lambda: None
        """Lets the work at hand wait for another worker."""

    def ask(self) -> None:
        """Ask the loop to end, and end without it when it does not: a pass of a model takes
        long."""
        self.stop.set()
        threading.Thread(target=self._end, daemon=True).start()

    def _end(self) -> None:
        time.sleep(GRACE_SECONDS)
        last = threading.Thread(target=self.put_back, daemon=True)
        last.start()
        last.join(LAST_SECONDS)
        os._exit(0)  # what is unfinished waits in the store for the next worker


def leave_on(leaving: Leaving, *numbers: signal.Signals) -> None:
    """Let these signals ask the worker to leave."""

    def leave(number: int, frame: FrameType | None) -> None:
        leaving.ask()

    for number in numbers:
        signal.signal(number, leave)


def _stop_on_signals(leaving: Leaving) -> None:
    leave_on(leaving, signal.SIGTERM)
    # Ctrl-C reaches the whole group; the parent decides and then closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _watch_parent(leaving: Leaving) -> None:
    # Not sys.stdin: a thread that waits in its buffer holds the buffer's lock, and Python aborts
    # when it cannot take that lock on the way out.
    while os.read(0, 1024):
        pass
    leaving.ask()


if __name__ == "__main__":
    sys.exit(main())
