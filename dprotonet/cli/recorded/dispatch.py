"""Files given to the workers of a dask scheduler, and their records as they come.

dask gives up a task that was on a worker each time the worker died, whether it was the one that
killed it or stood beside it (``distributed.scheduler.allowed-failures``). So a file that dask gives
up is tried again when all others are done, alone in the whole cluster: only what kills workers then
is said to.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePath
from queue import Empty, SimpleQueue
from typing import Any

from dprotonet.cli.inputs import InputFile, Problem
from dprotonet.cli.recorded.recorders import RecordedRequest
from dprotonet.cli.recorded.task import Outcome, run_file
from dprotonet.cli.records import problem_record
from dprotonet.errors import ReadableError, WrongRequest

Client = Any
Future = Any
"""dask's own classes, which have no types."""

log = logging.getLogger(__name__)
MISSING = "--scheduler needs dask. Install it: python -m pip install distributed==2026.8.0"
CONNECT_SECONDS = 20  # for the scheduler's first answer
FETCH_SECONDS = 5.0  # for the records of a file that is done
LOOK_SECONDS = 5.0  # between two looks at the workers
WAITING_SECONDS = 30.0  # between two lines that say that there is no worker
AHEAD = 2  # files a worker's thread has at hand, the one it works on among them
KILLER = (
    "Workers died each time they worked on this file, also alone. It may need more memory than a "
    "worker has."
)


class SchedulerGone(ReadableError):
    """The scheduler cannot be reached any more."""


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """A connection to a scheduler; what it still works on for us is cancelled at the end.

    Raises:
        WrongRequest: dask is not installed, or no scheduler answers.
    """
    try:
        import distributed
    except ImportError:
        raise WrongRequest(MISSING) from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        connect: Any = distributed.Client
        client = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise WrongRequest(
            f"No dask scheduler answers at {address} ({type(error).__name__}). Start one, or give "
            "the address that it printed."
        ) from None
    try:
        yield client
    finally:
        with suppress(Exception):  # it may be gone, and the records are written
            client.close()


class Dispatch:
    """One run on a cluster.

    Args:
        client: of the scheduler.
        request: of the command, with absolute paths.
        run: digest of what the records are made with.
        work: what a worker does with a file; it finds it by its name.
    """

    def __init__(
        self,
        client: Client,
        request: RecordedRequest,
        run: str,
        *,
        work: Callable[..., Outcome] = run_file,
    ) -> None:
        self._client, self._request, self._run = client, request, run
        self._work = work
        self._ended: SimpleQueue[Future] = SimpleQueue()
        self._at_hand: dict[str, tuple[Future, InputFile, PurePath | None]] = {}
        self._waiting_since = time.monotonic()

    def made(
        self, tasks: Iterable[tuple[InputFile, PurePath | None]]
    ) -> Iterator[list[dict[str, Any]]]:
        """The records of each file, in the order in which files are done.

        Raises:
            SchedulerGone: it cannot be reached any more.
            ReadableError: a worker cannot do this run.
        """
        suspects: list[tuple[InputFile, PurePath | None]] = []
        try:
            yield from self._rounds(iter(tasks), suspects, alone=False)
            if suspects:
                log.info("%d files were on workers that died; each is tried alone", len(suspects))
            killers: list[tuple[InputFile, PurePath | None]] = []
            yield from self._rounds(iter(suspects), killers, alone=True)
            for source, _ in killers:
                yield [problem_record(Problem(source, 0, None, KILLER, skipped=False))]
        finally:
            self._cancel([future for future, _, _ in self._at_hand.values()])
            self._at_hand.clear()

    def _rounds(
        self,
        tasks: Iterator[tuple[InputFile, PurePath | None]],
        lost: list[tuple[InputFile, PurePath | None]],
        *,
        alone: bool,
    ) -> Iterator[list[dict[str, Any]]]:
        room, looked, is_more = 1, -LOOK_SECONDS, True
        while True:
            if not alone and time.monotonic() - looked >= LOOK_SECONDS:
                room, looked = AHEAD * max(1, self._threads()), time.monotonic()
            while is_more and len(self._at_hand) < room:
                task = next(tasks, None)
                is_more = task is not None
                if task is not None:
                    self._submit(*task)
            if not self._at_hand:
                return
            future = self._next()
            if future is None:
                continue
            _, source, place = self._at_hand.pop(future.key)
            try:
                outcome = self._outcome(future)
            except TimeoutError:
                # It was done, and died with its worker before anybody had taken it.
                self._cancel([future])
                self._submit(source, place)
                continue
            if outcome is None:
                lost.append((source, place))
            else:
                yield outcome.records

    def _submit(self, source: InputFile, place: PurePath | None) -> None:
        try:
            future = self._client.submit(
                self._work, self._request, self._run, source, place, pure=False
            )
        except Exception as error:
            raise self._gone() from error
        self._at_hand[future.key] = future, source, place
        future.add_done_callback(self._ended.put)

    def _next(self) -> Future | None:
        """A file that is done; None after a while without any."""
        try:
            return self._ended.get(timeout=LOOK_SECONDS)
        except Empty:
            if self._client.status in ("closed", "closing"):
                raise self._gone() from None
            if self._threads():
                self._waiting_since = time.monotonic()
            elif time.monotonic() - self._waiting_since >= WAITING_SECONDS:
                self._waiting_since = time.monotonic()
                log.info("The scheduler has no worker; waiting for one")
            return None

    def _outcome(self, future: Future) -> Outcome | None:
        """What became of a file; None where dask gave it up.

        Raises:
            TimeoutError: it was lost with its worker.
        """
        from distributed.scheduler import KilledWorker

        if future.status == "lost":
            raise TimeoutError
        if future.status == "cancelled":
            raise self._gone()
        try:
            outcome: Outcome = future.result(timeout=FETCH_SECONDS)
        except KilledWorker:
            return None
        except TimeoutError:
            raise
        except Exception as error:
            if self._client.status in ("closed", "closing"):
                raise self._gone() from error
            raise ReadableError(
                f"A worker failed ({type(error).__name__}: {error}). Scheduler and workers need "
                "the environment of this command: the same Python with the same packages."
            ) from error
        if outcome.refusal:
            raise ReadableError(f"A worker cannot do this: {outcome.refusal}")
        return outcome

    def _threads(self) -> int:
        """Threads of all workers; 0 while the scheduler does not answer."""
        with suppress(Exception):
            return sum(self._client.nthreads().values())
        return 0

    def _gone(self) -> SchedulerGone:
        return SchedulerGone(
            "The scheduler went away. What was made is kept: start it again and give the same "
            "command."
        )

    def _cancel(self, futures: list[Future]) -> None:
        with suppress(Exception):  # the scheduler may be gone
            self._client.cancel(futures)
