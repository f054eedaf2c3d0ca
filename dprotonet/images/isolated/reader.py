"""Reading a file that nobody vouches for: in a child process with limits.

A decoder in C that crashes, hangs or takes all memory costs that file and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.discs.directory import Directory
from dprotonet.images.isolated.child_pool import ChildPool
from dprotonet.images.isolated.child_process import Child, ChildLimits
from dprotonet.images.isolated.held_bytes import HeldBytes
from dprotonet.images.isolated.messages import BrokenMessage
from dprotonet.images.isolated.protocol import facts_from_json, image_from_message
from dprotonet.images.limits import Limits, check_file_size
from dprotonet.images.source import Source, opened
from dprotonet.images.types import GrayOrColourImage, ImageFacts


class IsolatedReader:
    """What :mod:`dprotonet.images.reader` does and ``pixel_sha256``, in child processes.

    Requests from several threads go to as many children as there are, and wait for each other
    beyond that. Close it, or use it in a ``with``.

    Args:
        child_limits: what one request may cost.
        children: how many requests are answered at the same time.
        wait_seconds: how long a request waits for a free child; None: until there is one.
        idle_seconds: after which a child without requests is ended; None: never.
        niceness: of the children (Unix): 0 to 19, where more gives way to others.
    """

    def __init__(
        self,
        child_limits: ChildLimits | None = None,
        *,
        children: int = 1,
        wait_seconds: float | None = None,
        idle_seconds: float | None = None,
        niceness: int = 0,
    ) -> None:
        self._pool = ChildPool(
            child_limits or ChildLimits(),
            size=children,
            wait_seconds=wait_seconds,
            idle_seconds=idle_seconds,
            niceness=niceness,
        )

    def read(
        self, source: Source, *, frame: int = 0, limits: Limits | None = None
    ) -> GrayOrColourImage:
        """As :func:`dprotonet.images.reader.read_image`.

        Raises:
            UnreadableImage: also where the child crashed or went over a limit.
            ReaderBusy: no child became free in time.
        """
        answer, parts = self.ask("read", source, limits, frame=int(frame))
        with _understood():
            return image_from_message(answer["image"], parts)

    def inspect(self, source: Source, *, limits: Limits | None = None) -> ImageFacts:
        """As :func:`dprotonet.images.reader.inspect`; raises as :meth:`read`."""
        answer, _ = self.ask("inspect", source, limits)
        with _understood():
            return facts_from_json(answer["facts"])

    def look(self, source: Source, *, limits: Limits | None = None) -> tuple[ImageFacts, str]:
        """As :func:`dprotonet.images.reader.look`; raises as :meth:`read`."""
        answer, _ = self.ask("look", source, limits)
        with _understood():
            return facts_from_json(answer["facts"]), str(answer["hash"])

    def look_and_read(
        self, source: Source, *, limits: Limits | None = None
    ) -> tuple[ImageFacts, str, GrayOrColourImage]:
        """As :func:`dprotonet.images.reader.look_and_read`; raises as :meth:`read`."""
        answer, parts = self.ask("look and read", source, limits)
        with _understood():
            image = image_from_message(answer["image"], parts)
            return facts_from_json(answer["facts"]), str(answer["hash"]), image

    def pixel_sha256(self, source: Source, *, limits: Limits | None = None) -> str:
        """As :func:`dprotonet.images.hashes.pixel_sha256`; raises as :meth:`read`."""
        answer, _ = self.ask("hash", source, limits)
        with _understood():
            return str(answer["hash"])

    def frame_header(
        self, source: Source, *, frame: int = 0, limits: Limits | None = None
    ) -> dict[str, Any]:
        """As :func:`dprotonet.images.dicom.frame_header.frame_header`; raises as :meth:`read`."""
        answer, _ = self.ask("header", source, limits, frame=int(frame))
        with _understood():
            return dict(answer["header"])

    def directory(self, source: Source, *, limits: Limits | None = None) -> Directory:
        """As :func:`dprotonet.images.discs.directory.read_directory`; raises as :meth:`read`."""
        answer, _ = self.ask("directory", source, limits)
        with _understood():
            return Directory.from_json(answer["directory"])

    def ask(
        self, kind: str, source: Source, limits: Limits | None = None, **more: Any
    ) -> tuple[dict[str, Any], list[bytearray]]:
        """Put a request to a child: one of ``HANDLERS`` of its module.

        Args:
            kind: which.
            source: the file.
            limits: what is refused before decoding.
            more: what else the handler reads from the request, in JSON's own types.

        Returns:
            The handler's answer, and the arrays that came with it.

        Raises:
            UnreadableImage: the file cannot be read; the child crashed or went over a limit.
            ReaderBusy: no child became free in time.
        """
        header, parts, size = self.request(kind, source, limits or Limits(), **more)
        with self._pool.child() as child:
            answer, arrays = child.ask(header, parts, file_bytes=size)
        if "error" in answer:
            error = NotAnImage if answer["error"] == "NotAnImage" else UnreadableImage
            raise error(str(answer.get("text", "")))
        return answer, arrays

    def request(
        self, kind: str, source: Source, limits: Limits, **more: Any
    ) -> tuple[dict[str, Any], list[Any], int]:
        """A request as a child takes it: header, parts, and bytes of the file.

        Raises:
            UnreadableImage: the file cannot be opened, or is too large.
        """
        header = {"what": kind, "limits": asdict(limits), **more}
        if isinstance(source, HeldBytes):
            check_file_size(source.size, limits)
            return header, [source], source.size
        with opened(source, limits) as file:  # what is wrong with path or size costs no child
            size = file.size
        if isinstance(source, (bytes, bytearray, memoryview)):
            return header, [source], size
        return {**header, "path": str(Path(source).absolute())}, [], size

    @contextmanager
    def child(self) -> Iterator[Child]:
        """A child for a talk of several requests; raises as :meth:`ask`."""
        with self._pool.child() as child:
            yield child

    @property
    def child_pids(self) -> list[int]:
        """Process ids of the children that run."""
        return self._pool.pids

    @property
    def protections(self) -> tuple[str, ...]:
        """Which of :data:`dprotonet.images.isolated.sandbox.PROTECTIONS` hold.

        () before any answer.
        """
        return self._pool.protections

    def close(self) -> None:
        """End the children, busy ones after their request. A later request starts others."""
        self._pool.close()

    def __enter__(self) -> IsolatedReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@contextmanager
def _understood() -> Iterator[None]:
    """An answer that makes no sense comes from a decoder that a file has taken over."""
    try:
        yield
    except (BrokenMessage, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableImage(
            "Reading this file stopped the decoder: it is damaged. Export it again, uncompressed"
            " if possible."
        ) from error
