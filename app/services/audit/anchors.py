"""Anchors: the head of the chain, noted where nobody who can change the database can change it."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from logging.handlers import SysLogHandler
from pathlib import Path

from app.domain.audit.chain import Anchor
from app.domain.audit.entries import AuditHead, time_text
from app.domain.errors import Refused
from app.domain.permissions import needs
from app.services.audit import reading
from app.services.workplace import Workplace

MARK = "dprotonet-audit"
_LINE = re.compile(
    rf"\b{MARK} entry=(?P<sequence>\d{{1,10}}) hash=(?P<hash>[0-9a-f]{{64}}) at=(?P<at>\S{{1,40}})"
)
SYSLOG = "/dev/log"


@needs("see the audit")
def anchor_line(workplace: Workplace) -> str:
    """The head as one line, for a file, a letter or a log.

    Raises:
        Refused: there is no entry yet.
    """
    head = reading.head(workplace)
    if head.sequence == 0:
        raise Refused("The audit has no entry yet, so there is nothing to anchor.")
    return _line(head, time_text(workplace.clock()))


def append_to_file(line: str, path: Path) -> None:
    """Add an anchor to the end of a file, and wait until the disk has it.

    Raises:
        Refused: the file cannot be written.
    """
    try:
        with path.open("a", encoding="ascii") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        raise Refused(
            f"The anchor could not be written to {path}. Check whether its folder exists and "
            "whether this user may write there."
        ) from None


def send_to_syslog(line: str, address: str = SYSLOG) -> None:
    """Hand an anchor to the system's log.

    Args:
        line: the anchor.
        address: a socket of this machine, or HOST:PORT (UDP, which does not say whether it came).

    Raises:
        Refused: nobody listens there.
    """
    host, colon, port = address.rpartition(":")
    is_host = bool(colon) and port.isdecimal()
    try:
        handler = _Strict(address=(host.strip("[]"), int(port)) if is_host else address)
    except (OSError, OverflowError):
        raise Refused(_no_syslog(address)) from None
    try:
        handler.emit(logging.LogRecord(MARK, logging.INFO, "", 0, line, None, None))
    except OSError:
        raise Refused(_no_syslog(address)) from None
    finally:
        handler.close()


def read_file(path: Path) -> tuple[Anchor, ...]:
    """The anchors in a file: in lines of their own, or behind what a system's log writes before.

    Raises:
        Refused: it cannot be read, or holds no anchor.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        raise Refused(f"The anchors could not be read. Check whether {path} is there.") from None
    anchors = tuple(_anchors(text))
    if not anchors:
        raise Refused(
            f"There is no anchor in {path}. Name a file that was written by: "
            "python -m app audit anchor --file FILE"
        )
    return anchors


class _Strict(SysLogHandler):
    """Says so when a line could not be sent, instead of printing the error."""

    def handleError(self, record: logging.LogRecord) -> None:
        raise


def _line(head: AuditHead, at: str) -> str:
    return f"{MARK} entry={head.sequence} hash={head.hash} at={at}"


def _anchors(text: str) -> Iterator[Anchor]:
    for number, line in enumerate(text.splitlines(), start=1):
        if MARK not in line and "entry=" not in line:
            continue  # another program's line in a log
        match = _LINE.search(line)
        if match is None:
            raise Refused(
                f"Line {number} of the anchors was altered or cut off. Take another copy of the "
                "file, or remove the line if you know why it is so."
            )
        yield Anchor(int(match["sequence"]), match["hash"], match["at"])


def _no_syslog(address: str) -> str:
    return (
        f"No system log listens at {address}. Name another with --syslog ADDRESS, or anchor in a "
        "file with --file FILE."
    )
