"""One child process that opens files nobody vouches for, within limits."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from dprotonet.errors import UnreadableImage
from dprotonet.images.isolated.messages import BrokenMessage, receive, send
from dprotonet.images.isolated.sandbox import PROTECTIONS, child_environment

log = logging.getLogger(__name__)
_MEGA = 1_000_000


@dataclass(frozen=True)
class ChildLimits:
    """What a request may cost; memory and processor time hold where the system can limit them.

    The time grows with the work: a large frame may take longer than a small file that pretends to
    hold much.
    """

    memory_bytes: int = 3 * 1024**3  # address space; the decoders' libraries take 0.13 GB of it
    cpu_seconds: float = 60.0  # processor time of one request, at most
    wall_seconds: float = 90.0  # from the request to the answer, at most
    cpu_base: float = 10.0  # seconds for a request that decodes no pixel
    wall_base: float = 30.0  # the same, of waiting: other work may take the processor
    cpu_per_megapixel: float = 1.0  # seconds; JPEG 2000, the slowest kind, takes 0.16
    wall_per_megapixel: float = 2.0  # seconds
    wall_per_megabyte: float = 0.1  # seconds for each 1e6 bytes of the file: a slow network drive

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value <= 0:
                raise ValueError(f"every limit must be positive: {name} is {value}")

    def cpu(self, pixels: int) -> float:
        """Seconds of processor time for a request that decodes so many pixels."""
        return min(self.cpu_seconds, self.cpu_base + self.cpu_per_megapixel * pixels / _MEGA)

    def wall(self, pixels: int, file_bytes: int) -> float:
        """Seconds from the request to the answer, for so many pixels of a file of that size."""
        size = self.wall_per_megabyte * file_bytes / _MEGA
        pixel_time = self.wall_per_megapixel * pixels / _MEGA
        return min(self.wall_seconds, self.wall_base + size + pixel_time)


class Child:
    """A process of :mod:`dprotonet.images.isolated.child`, for one request at a time.

    It starts with the first request and again after one that it did not survive.
    """

    def __init__(self, limits: ChildLimits, *, niceness: int = 0) -> None:
        self._limits = limits
        self._niceness = niceness
        self._process: subprocess.Popen[bytes] | None = None
        self._greeted = False
        self.protections: tuple[str, ...] = ()
        self.idle_since = 0.0  # as its pool's clock says

    @property
    def pid(self) -> int | None:
        """Its process id, or None while there is none."""
        return self._process.pid if self._process is not None else None

    def ask(
        self, header: dict[str, Any], parts: Sequence[Any] = (), *, file_bytes: int = 0
    ) -> tuple[dict[str, Any], list[bytearray]]:
        """Send a request and wait for its answer.

        Args:
            header: the request, in JSON's own types.
            parts: bytes that go with it.
            file_bytes: size of the file in question; a larger one may take longer.

        Raises:
            UnreadableImage: the child crashed or went over a limit, and has ended.
        """
        process = self._started()
        deadline = _Deadline(process)  # its time begins here
        pixels = 0
        answered = False
        try:
            deadline.set(self._limits.wall(0, file_bytes))
            send(cast(BinaryIO, process.stdin), header, parts)
            while True:
                answer, arrays = receive(cast(BinaryIO, process.stdout), self._limits.memory_bytes)
                if not self._greeted:
                    self._greet(answer)
                elif "pixels" in answer:
                    # What is to be decoded is known, once in a request.
                    if pixels:
                        raise BrokenMessage("a second number of pixels")
                    pixels = max(1, int(answer["pixels"]))
                    deadline.set(self._limits.wall(pixels, file_bytes))
                else:
                    answered = True
                    return answer, arrays
        except (BrokenMessage, OSError, MemoryError, ValueError, TypeError) as error:
            why = self._why(process, deadline, pixels)
            raise UnreadableImage(why) from error
        finally:
            deadline.cancel()
            if not answered or deadline.expired:
                self.end()

    def end(self) -> None:
        """End the process. A later request starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was still to be flushed has no reader any more
                    continue

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.end()
        limits = self._limits
        numbers = (limits.memory_bytes, limits.cpu_base, limits.cpu_per_megapixel)
        self._greeted = False
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "dprotonet.images.isolated.child"),
                *map(str, (*numbers, limits.cpu_seconds, self._niceness)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # decoders write there what is in the error already
            env=child_environment(os.environ, sys.path),
        )
        return self._process

    def _greet(self, hello: dict[str, Any]) -> None:
        """Before its first answer a child says which protections hold."""
        active = hello["protections"]
        self.protections = tuple(name for name in PROTECTIONS if name in active)
        self._greeted = True
        lacking = [name for name in PROTECTIONS if name not in active]
        if lacking:
            log.debug("this system does not limit a child's %s", ", ".join(lacking))

    def _why(self, process: subprocess.Popen[bytes], deadline: _Deadline, pixels: int) -> str:
        process.kill()
        status = process.wait()
        if deadline.expired:
            return (
                f"Reading this file took longer than {deadline.seconds:.0f} seconds and was"
                " stopped. Export it uncompressed or with fewer frames."
            )
        if status == -getattr(signal, "SIGXCPU", 0) and status:
            return (
                f"Reading this file took more than {self._limits.cpu(pixels):.0f} seconds of"
                " processor time and was stopped. Export it uncompressed or with fewer frames."
            )
        return (
            "Reading this file stopped the decoder: it is damaged, or needs more memory than is"
            " allowed. Export it again, uncompressed if possible."
        )


class _Deadline:
    """Kills a process that does not answer in time; a pipe cannot be read with a time limit."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._began = time.monotonic()
        self._timer: threading.Timer | None = None
        self.seconds = 0.0
        self.expired = False

    def set(self, seconds: float) -> None:
        """Give so many seconds from the beginning."""
        self.cancel()
        self.seconds = seconds
        left = max(0.0, self._began + seconds - time.monotonic())
        self._timer = threading.Timer(left, self._stop)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        """Let it run."""
        if self._timer is not None:
            self._timer.cancel()

    def _stop(self) -> None:
        self.expired = True
        self._process.kill()
