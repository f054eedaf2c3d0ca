"""Files on their way from a browser into the spool, counted while they arrive, and out of it."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager

from app.domain.errors import DiskFull, Refused
from app.domain.permissions import needs, within
from app.services.deidentify.patients import check_chosen
from app.services.upload_ledger import Received
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.errors import readable_error
from app.store.files.spool import Receiving
from dprotonet.images.isolated.held_bytes import HeldBytes

log = logging.getLogger(__name__)
LONGEST_NAME = 4096  # characters: the longest path of common systems


class NoRoom(Refused):
    """The spool could not take the bytes; what had arrived of the file is gone."""


@within
class Incoming:
    """One file on its way."""

    def __init__(self, workplace: Workplace, token: str, receiving: Receiving, size: int) -> None:
        self.key = receiving.key
        self.size = 0
        self._workplace = workplace
        self._token = token
        self._receiving = receiving
        self._stated = size

    def write(self, piece: bytes) -> None:
        """Count a piece, then keep it.

        Raises:
            Refused: with it there are more bytes than the settings allow.
            NoRoom: the disk cannot take it.
        """
        self.size += len(piece)
        self.count()
        try:
            self._receiving.write(piece)
        except OSError as error:
            raise _no_room(error) from error

    def count(self) -> None:
        """Check the bytes that came, or were announced, against the settings.

        Raises:
            Refused: it is more than they allow.
        """
        size = max(self.size, self._stated)
        self._workplace.uploads.arriving(self._token, self.key, size)
        intake.check_size(self._workplace, size)
        check(self._workplace, self._token)


@needs("add images")
def token(workplace: Workplace, known: str | None) -> str:
    """The token that this browser session has, or a new one where it has none that is valid."""
    if known is not None and workplace.uploads.is_open(known):
        return known
    return workplace.uploads.open()


@needs("add images")
def check(workplace: Workplace, token: str, *, files: int = 0, size: int = 0) -> None:
    """Refuse more files and bytes than the settings allow.

    Raises:
        Refused: with those that wait or are arriving they are too many; or it was not said yet
            whether patients' images will be held.
        SessionOver: the token is not valid.
    """
    check_chosen(workplace)
    files_waiting, bytes_waiting = workplace.uploads.totals(token)
    intake.check_upload(workplace, files=files_waiting + files, size=bytes_waiting + size)


@needs("add images")
@contextmanager
def receive(workplace: Workplace, token: str, *, name: str, size: int = 0) -> Iterator[Incoming]:
    """Receive one file: write its pieces inside the ``with`` block, which ends with all or nothing.

    Args:
        workplace: where.
        token: of the browser session.
        name: of the file, or its path from the chosen folder on.
        size: bytes that are announced, 0 where none are; they count from the beginning.

    Raises:
        Refused: too many files or bytes; nothing of this file is left.
        SessionOver: the token is not valid.
        NoRoom: the disk cannot take it; nothing of this file is left.
    """
    uploads = workplace.uploads
    uploads.totals(token)
    try:
        receiving = uploads.spool.receive()
    except OSError as error:
        raise _no_room(error) from error
    incoming = Incoming(workplace, token, receiving, size)
    try:
        with receiving:
            incoming.count()
            yield incoming
        uploads.arrived(token, Received(incoming.key, name[-LONGEST_NAME:], incoming.size))
    except OSError as error:
        raise _no_room(error) from error
    except BaseException:
        uploads.spool.release(incoming.key)
        raise
    finally:
        uploads.given_up(token, incoming.key)


@needs("add images")
def drop(workplace: Workplace, token: str, keys: Sequence[str]) -> None:
    """Remove files that were sent and shall not be taken in.

    Raises:
        SessionOver: there is no such session.
    """
    workplace.uploads.totals(token)
    workplace.uploads.release(token, keys)


@needs("add images")
@contextmanager
def taken(
    workplace: Workplace, token: str, keys: Sequence[str]
) -> Iterator[Iterator[tuple[str, HeldBytes]]]:
    """Take received files out: each is released when the next is asked for, all at the end.

    Args:
        workplace: where.
        token: of the browser session.
        keys: of the files, in this order; what the session does not hold is skipped.

    Yields:
        (name, what intake can read the bytes from) of each.
    """
    try:
        with closing(_each(workplace, token, keys)) as files:
            yield files
    finally:
        workplace.uploads.release(token, keys)


def _each(
    workplace: Workplace, token: str, keys: Sequence[str]
) -> Generator[tuple[str, HeldBytes]]:
    held = {file.key: file for file in workplace.uploads.held(token)}
    for key in keys:
        if key in held:
            yield held[key].name, workplace.uploads.spool.source(key)
            workplace.uploads.release(token, [key])


def _no_room(error: OSError) -> NoRoom:
    log.error("the spool cannot be written to: %s", error.strerror)
    known = readable_error(error)
    if isinstance(known, DiskFull):
        return NoRoom("The disk is full, so the file could not be kept. Make room and try again.")
    if known is not None:
        return NoRoom(str(known))
    return NoRoom(
        "The file could not be kept in the data folder. Check the folder's permissions, "
        "then try again."
    )
