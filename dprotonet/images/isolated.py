"""Reading a file that nobody vouches for: in a child process with limits.

A decoder in C that crashes, hangs or takes all memory costs that file and nothing else.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, cast

from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.limits import Limits
from dprotonet.images.source import Source, opened
from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.wire import (
    BrokenMessage,
    facts_from_json,
    image_from_message,
    receive,
    send,
)

_PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class ChildLimits:
    """What a file may cost; memory and processor time hold where the system can limit them."""

    memory_bytes: int = 3 * 1024**3  # address space beyond the idle child's
    cpu_seconds: float = 60.0  # processor time of one file
    wall_seconds: float = 90.0  # from the request to the answer

    def __post_init__(self) -> None:
        if self.memory_bytes < 1 or self.cpu_seconds <= 0 or self.wall_seconds <= 0:
            raise ValueError(f"every limit must be positive: {self}")


class IsolatedReader:
    """``read``, ``inspect``, ``look`` and ``pixel_sha256`` of :mod:`dprotonet.images` in a child process.

    The child starts with the first request and again after one that it did not survive. Requests
    from several threads wait for each other. Close it, or use it in a ``with``.
    """

    def __init__(self, child_limits: ChildLimits | None = None) -> None:
        self._child_limits = child_limits or ChildLimits()
        self._child: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()

    def read(
        self, source: Source, *, frame: int = 0, limits: Limits | None = None
    ) -> GrayOrColourImage:
        """As :func:`dprotonet.images.read`.

        Raises:
            UnreadableImage: also where the child crashed or went over a limit.
        """
        answer, parts = self._ask("read", source, limits, frame=int(frame))
        return image_from_message(answer["image"], parts)

    def inspect(self, source: Source, *, limits: Limits | None = None) -> ImageFacts:
        """As :func:`dprotonet.images.inspect`; raises as :meth:`read`."""
        return facts_from_json(self._ask("inspect", source, limits)[0]["facts"])

    def look(self, source: Source, *, limits: Limits | None = None) -> tuple[ImageFacts, str]:
        """As :func:`dprotonet.images.look`; raises as :meth:`read`."""
        answer, _ = self._ask("look", source, limits)
        return facts_from_json(answer["facts"]), str(answer["hash"])

    def pixel_sha256(self, source: Source, *, limits: Limits | None = None) -> str:
        """As :func:`dprotonet.images.pixel_sha256`; raises as :meth:`read`."""
        return str(self._ask("hash", source, limits)[0]["hash"])

    @property
    def child_pid(self) -> int | None:
        """The child's process id, or None while there is none."""
        return self._child.pid if self._child is not None else None

    def close(self) -> None:
        """End the child. A later request starts another."""
        with self._turn:
            self._end()

    def __enter__(self) -> IsolatedReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(
        self, what: str, source: Source, limits: Limits | None, **more: Any
    ) -> tuple[dict[str, Any], list[bytearray]]:
        limits = limits or Limits()
        with opened(source, limits):  # what is wrong with the path or the size costs no child
            pass
        header = {"what": what, "limits": asdict(limits), **more}
        parts: list[Any] = []
        if isinstance(source, (bytes, bytearray, memoryview)):
            parts.append(source)
        else:
            header["path"] = str(Path(source).absolute())
        with self._turn:
            answer, arrays = self._exchange(header, parts)
        if "error" in answer:
            kind = NotAnImage if answer["error"] == "NotAnImage" else UnreadableImage
            raise kind(str(answer["text"]))
        return answer, arrays

    def _exchange(
        self, header: dict[str, Any], parts: list[Any]
    ) -> tuple[dict[str, Any], list[bytearray]]:
        child = self._started()
        late = threading.Event()

        def stop() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(self._child_limits.wall_seconds, stop)
        timer.daemon = True
        timer.start()
        answered = False
        try:
            send(cast(BinaryIO, child.stdin), header, parts)
            answer = receive(cast(BinaryIO, child.stdout), self._child_limits.memory_bytes)
            answered = True
            return answer
        except (BrokenMessage, OSError, MemoryError) as error:
            raise UnreadableImage(self._why(child, late.is_set())) from error
        finally:
            timer.cancel()
            if not answered or late.is_set():
                self._end()

    def _why(self, child: subprocess.Popen[bytes], late: bool) -> str:
        child.kill()
        status = child.wait()
        seconds = self._child_limits.wall_seconds
        if late:
            return (
                f"Reading this file took longer than {seconds:g} seconds and was stopped. Export it"
                " uncompressed or with fewer frames."
            )
        if status == -getattr(signal, "SIGXCPU", 0) and status:
            seconds = self._child_limits.cpu_seconds
            return (
                f"Reading this file took more than {seconds:g} seconds of processor time and was"
                " stopped. Export it uncompressed or with fewer frames."
            )
        return (
            "Reading this file stopped the decoder: it is damaged, or needs more memory than is"
            " allowed. Export it again, uncompressed if possible."
        )

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        limits = self._child_limits
        paths = [str(_PROJECT), os.environ.get("PYTHONPATH", "")]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self._child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "dprotonet.images.isolated_child",
                str(limits.memory_bytes),
                str(limits.cpu_seconds),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # decoders write there what is in the error already
            env={**os.environ, **threads, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was still to be flushed has no reader any more
                    continue
