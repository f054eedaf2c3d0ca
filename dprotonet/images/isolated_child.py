"""The child of :mod:`dprotonet.images.isolated`: ``python -m dprotonet.images.isolated_child``.

It limits its own memory, then answers one request after another until its input ends.
"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from math import ceil
from pathlib import Path
from typing import Any, BinaryIO

from dprotonet.errors import UnreadableImage
from dprotonet.images.hashes import pixel_sha256
from dprotonet.images.limits import Limits
from dprotonet.images.reading import inspect, look, read
from dprotonet.images.source import Source
from dprotonet.images.wire import BrokenMessage, image_to_message, receive, send

_REQUEST_BYTES = 8 * 1024**3  # at most; the parent checks the file's size


def main(memory_bytes: int, cpu_seconds: float) -> None:
    """Answer requests from standard input on standard output.

    Args:
        memory_bytes: of address space beyond what the interpreter has taken at its start.
        cpu_seconds: of processor time for each request.
    """
    # A decoder that prints would break the messages: standard output goes to standard error.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _limit_memory(memory_bytes)
    while True:
        try:
            header, parts = receive(sys.stdin.buffer, _REQUEST_BYTES)
        except BrokenMessage:  # the parent has ended
            return
        _limit_processor_time(cpu_seconds)
        _answer(answers, header, parts)


def _answer(stream: BinaryIO, header: dict[str, Any], parts: list[bytearray]) -> None:
    source: Source = bytes(parts[0]) if parts else Path(header["path"])
    parts.clear()
    limits = Limits(**header["limits"])
    try:
        if header["what"] == "read":
            image = read(source, frame=header["frame"], limits=limits)
            described, arrays = image_to_message(image)
            send(stream, {"image": described}, arrays)
        elif header["what"] == "inspect":
            send(stream, {"facts": asdict(inspect(source, limits=limits))})
        elif header["what"] == "look":
            facts, digest = look(source, limits=limits)
            send(stream, {"facts": asdict(facts), "hash": digest})
        else:
            send(stream, {"hash": pixel_sha256(source, limits=limits)})
    except UnreadableImage as error:
        send(stream, {"error": type(error).__name__, "text": str(error)})


def _limit_memory(memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: only the limits on size and wall time hold
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no pixels on the disk
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        taken = pages * resource.getpagesize()
    except (OSError, ValueError):
        taken = 1024**3
    try:
        resource.setrlimit(resource.RLIMIT_AS, (taken + memory_bytes, resource.RLIM_INFINITY))
    except (OSError, ValueError):  # macOS refuses to limit the address space
        return


def _limit_processor_time(cpu_seconds: float) -> None:
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = ceil(used.ru_utime + used.ru_stime + cpu_seconds)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if hard == resource.RLIM_INFINITY or soft <= hard:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
