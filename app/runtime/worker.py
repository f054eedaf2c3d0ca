"""The worker process: takes jobs from the store and does the model work.

``python -m app`` starts it and starts it again when it dies. It ends by itself when its parent is
gone: the parent holds the other end of its standard input and never writes to it.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

from app import bootstrap
from app.domain.actors import PROGRAM
from app.runtime.folder_lock import FolderLock
from app.runtime.log import configure_logging
from app.runtime.program_runner import ProgramRunner
from app.services import jobs, models
from app.services.checks import check_run
from app.services.deidentify import patients
from app.services.editing import learning_run
from app.services.inference import failures, queue, tries
from app.services.inference.predictor_pool import PredictorPool
from app.services.pictures import folder_job
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.errors import readable_errors
from dprotonet.allocator import keep_freed_memory, process_memory
from dprotonet.errors import ReadableError

log = logging.getLogger(__name__)
POLL_SECONDS = 0.1  # between two looks for work: a page waits at most so long for its work to begin
HAND_SECONDS = 30.0  # after a try in which the next one is expected
HAND_POLL_SECONDS = 0.02  # between two looks for it
CHOICE_SECONDS = 0.5  # between two looks whether it was said that patients' images are held
LIFE_SECONDS = 2.0  # between two signs of life
STATISTICS_SECONDS = 600.0  # between two looks at the database's statistics
UPKEEP_SECONDS = 20.0  # between two looks at the database's journal
TROUBLE_SECONDS = 2.0  # rest after an error of the loop itself, such as a full disk
GRACE_SECONDS = 8.0  # for the piece of work at hand, after which the process simply ends


def run(workplace: Workplace, *, stop: threading.Event) -> None:
    """Work until ``stop`` is set."""
    threading.Thread(target=_live, args=(workplace, stop), daemon=True).start()
    pool = PredictorPool(workplace.models, engine=workplace.settings.engine)
    if workplace.awaits_choice:
        _warm_up(workplace, pool)
        workplace = _once_chosen(workplace, stop=stop)
    programs: list[ProgramRunner[Any]] = [
        ProgramRunner(workplace, "learn", learning_run.claim, learning_run.run, stop=stop.is_set),
        ProgramRunner(workplace, "check", check_run.claim, check_run.run, stop=stop.is_set),
        ProgramRunner(workplace, "attach", folder_job.claim, folder_job.run, stop=stop.is_set),
    ]
    is_begun = is_in_trouble = False
    upkeep_due = statistics_due = 0.0
    while not stop.is_set():
        try:
            if not is_begun:
                queue.begin(workplace)
                _warm_up(workplace, pool)
                is_begun = True
            if is_in_trouble:
                queue.take_up_again(workplace)
                is_in_trouble = False
            if time.monotonic() >= upkeep_due:
                upkeep_due = time.monotonic() + UPKEEP_SECONDS
                queue.upkeep(workplace)
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
    for program in programs:
        program.wait(GRACE_SECONDS)


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
    options = parser.parse_args(arguments)
    stop = threading.Event()
    _stop_on_signals(stop)
    if options.until_stdin_closes:
        threading.Thread(target=_watch_parent, args=(stop,), daemon=True).start()
    try:
        settings = Settings.from_environment()
        configure_logging(form=settings.log_format)
        keep_freed_memory()
        with readable_errors(), FolderLock(settings.worker_lock, patience=GRACE_SECONDS + 5):
            workplace = bootstrap.open_workplace(settings, actor=PROGRAM)
            try:
                run(workplace, stop=stop)
            finally:
                workplace.close()
    except ReadableError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _once_chosen(workplace: Workplace, *, stop: threading.Event) -> Workplace:
    """Wait until it is known whether patients' images are held: there is no work before."""
    while workplace.awaits_choice and not stop.wait(CHOICE_SECONDS):
        workplace = patients.with_choice(workplace)
    return workplace


def _live(workplace: Workplace, stop: threading.Event) -> None:
    mark = jobs.worker_mark(workplace)
    while not stop.is_set():
        with contextlib.suppress(OSError):  # a full or read-only disk is no death
            mark.touch()
            held = process_memory()
            mark.write_text(f"{held.resident if held else 0}\n", encoding="ascii")
        stop.wait(LIFE_SECONDS)
    with contextlib.suppress(OSError):
        mark.unlink(missing_ok=True)


def _warm_up(workplace: Workplace, pool: PredictorPool) -> None:
    chosen = models.active(workplace)
    if chosen is not None:
        try:
            pool.load(chosen.digest)
        except ReadableError:
            log.warning("the active model %s cannot be loaded", chosen.short)


def _stop_on_signals(stop: threading.Event) -> None:
    def leave(number: int, frame: FrameType | None) -> None:
        _leave_soon(stop)

    signal.signal(signal.SIGTERM, leave)
    # Ctrl-C reaches the whole group; the parent decides and then closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _watch_parent(stop: threading.Event) -> None:
    # Not sys.stdin: a thread that waits in its buffer holds the buffer's lock, and Python aborts
    # when it cannot take that lock on the way out.
    while os.read(0, 1024):
        pass
    _leave_soon(stop)


def _leave_soon(stop: threading.Event) -> None:
    """Ask the loop to end, and end without it when it does not: a pass of a model takes long."""
    stop.set()

    def end() -> None:
        time.sleep(GRACE_SECONDS)
        os._exit(0)  # what is unfinished waits in the store for the next worker

    threading.Thread(target=end, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
