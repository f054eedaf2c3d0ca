"""The child process: ``python -m dprotonet.images.isolated.child``.

It gives up what reading does not need, then answers one request after another until its input
ends. What a kind of request needs is imported when the first one comes: an idle child is small.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from dprotonet.errors import UnreadableImage
from dprotonet.images.isolated.messages import BrokenMessage, receive, send
from dprotonet.images.isolated.sandbox import limit_processor_time, seal
from dprotonet.images.limits import Limits

_REQUEST_BYTES = 8 * 1024**3  # at most; the parent checks the file's size


@dataclass(frozen=True)
class CpuLimits:
    """Seconds of processor time; see ``ChildLimits`` of the parent."""

    base: float
    per_megapixel: float
    most: float

    def start(self, pixels: int) -> None:
        """Allow from now on what decoding so many pixels may take."""
        limit_processor_time(min(self.most, self.base + self.per_megapixel * pixels / 1e6))


@dataclass(frozen=True, eq=False)
class Request:
    """A request of the parent, and the stream that takes the answer."""

    header: dict[str, Any]
    parts: list[bytearray]
    requests: BinaryIO
    answers: BinaryIO
    cpu: CpuLimits

    @cached_property
    def source(self) -> Path | bytes:
        """The file: its path or its bytes, of which there is one copy."""
        return bytes(self.parts.pop()) if self.parts else Path(self.header["path"])

    @property
    def stream(self) -> BinaryIO:
        """The file, opened."""
        source = self.source
        return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")

    @property
    def limits(self) -> Limits:
        """What is refused before decoding."""
        return Limits(**self.header["limits"])

    def expect(self, pixels: int) -> None:
        """Say how many pixels will be decoded, once: the time allowed grows with them."""
        send(self.answers, {"pixels": pixels})
        self.cpu.start(pixels)

    def answer(self, header: dict[str, Any], arrays: Sequence[Any] = ()) -> None:
        """Answer, with what is to follow as it lies in memory."""
        send(self.answers, header, arrays)

    def next(self) -> dict[str, Any]:
        """The next request of a talk of several.

        Raises:
            BrokenMessage: the parent has ended.
        """
        header, _ = receive(self.requests, _REQUEST_BYTES)
        self.cpu.start(0)
        return header


def _read(request: Request) -> None:
    from dprotonet.images.isolated.protocol import image_to_message
    from dprotonet.images.reader import open_image

    with open_image(request.source, request.limits) as file:
        request.expect(file.facts.rows * file.facts.columns)
        described, arrays = image_to_message(file.frame(request.header["frame"]))
    request.answer({"image": described}, arrays)


def _inspect(request: Request) -> None:
    from dprotonet.images.reader import inspect

    request.answer({"facts": asdict(inspect(request.source, limits=request.limits))})


def _look(request: Request) -> None:
    from dprotonet.images.reader import look

    # The header is read once: of a small file it takes longer than the pixels.
    facts, digest = look(request.source, limits=request.limits, before=request.expect)
    request.answer({"facts": asdict(facts), "hash": digest})


def _look_and_read(request: Request) -> None:
    from dprotonet.images.isolated.protocol import image_to_message
    from dprotonet.images.reader import look_and_read

    facts, digest, image = look_and_read(
        request.source, limits=request.limits, before=request.expect
    )
    described, arrays = image_to_message(image)
    request.answer({"facts": asdict(facts), "hash": digest, "image": described}, arrays)


def _hash(request: Request) -> None:
    from dprotonet.images.hashes import pixel_sha256
    from dprotonet.images.reader import inspect

    facts = inspect(request.source, limits=request.limits)
    request.expect(facts.rows * facts.columns * facts.frames)
    request.answer({"hash": pixel_sha256(request.source, limits=request.limits)})


def _header(request: Request) -> None:
    from dprotonet.images.dicom.frame_header import frame_header

    frame, limits = request.header["frame"], request.limits
    request.answer({"header": frame_header(request.source, frame=frame, limits=limits)})


def _directory(request: Request) -> None:
    from dprotonet.images.discs.directory import read_directory

    request.answer({"directory": asdict(read_directory(request.source, limits=request.limits))})


def _unpack(request: Request) -> None:
    from dprotonet.images.isolated.archive_child import unpack

    unpack(request)


def _deidentify(request: Request) -> None:
    from dprotonet.images.deidentify.child import deidentify_talk

    deidentify_talk(request)


def _black_out(request: Request) -> None:
    from dprotonet.images.deidentify.child import black_out_request

    black_out_request(request)


def _rows(request: Request) -> None:
    from dprotonet.attributes.isolated import answer_rows

    answer_rows(request)


# A handler answers once, or raises an UnreadableImage, whose sentence goes to the parent.
HANDLERS: dict[str, Callable[[Request], None]] = {
    "read": _read,
    "inspect": _inspect,
    "look": _look,
    "look and read": _look_and_read,
    "hash": _hash,
    "header": _header,
    "directory": _directory,
    "unpack": _unpack,
    "deidentify": _deidentify,
    "black out": _black_out,
    "rows": _rows,
}


def main(memory_bytes: int, cpu: CpuLimits, niceness: int) -> None:
    """Answer requests from standard input on standard output.

    Args:
        memory_bytes: of address space beyond what the interpreter has taken at its start.
        cpu: processor time for each request.
        niceness: how much the child gives way to others.
    """
    # A decoder that prints would break the messages: standard output goes to standard error.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if niceness and hasattr(os, "nice"):
        os.nice(niceness)
    # pydicom would fetch its examples with it: no network, and a sixth of the start saved.
    sys.modules["requests"] = None  # type: ignore[assignment]
    send(answers, {"protections": seal(memory_bytes)})
    while True:
        try:
            header, parts = receive(sys.stdin.buffer, _REQUEST_BYTES)
            cpu.start(0)
            request = Request(header, parts, sys.stdin.buffer, answers, cpu)
            del header, parts
            HANDLERS[request.header["what"]](request)
        except UnreadableImage as error:
            request.answer({"error": type(error).__name__, "text": str(error)})
        except BrokenMessage:  # the parent has ended
            return
        finally:
            request = None  # type: ignore[assignment]  # its bytes may be many


if __name__ == "__main__":
    main(int(sys.argv[1]), CpuLimits(*map(float, sys.argv[2:5])), int(sys.argv[5]))
