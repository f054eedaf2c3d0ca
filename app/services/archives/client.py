"""The one door to an archive: a DICOMweb client with its credentials, its bounds and our errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.domain.archives.archive import Archive, Transaction
from app.domain.errors import NotFound
from app.domain.permissions import within
from app.services.archives.errors import readable
from app.services.workplace import Workplace

if TYPE_CHECKING:
    from dicomweb_client.web import DICOMwebClient

    from app.services.archives.session import BoundedSession

MOST_JSON = 32 * 1024 * 1024  # bytes of an answer that is no image


@within
def named(workplace: Workplace, name: str) -> Archive:
    """The archive of this name.

    Raises:
        NotFound: the site's file names none that is called so.
    """
    for archive in workplace.settings.archives:
        if archive.name == name:
            return archive
    raise NotFound(
        "There is no archive of this name. Choose one that DPROTONET_ARCHIVES describes."
    )


@contextmanager
def opened(
    archive: Archive, *, most: int, stop: Callable[[], bool] = lambda: False
) -> Iterator[BoundedSession]:
    """A session for what the client cannot do: it parses a file, which is for a child process.

    Raises:
        As :func:`connected`.
    """
    from app.services.archives.session import BoundedSession

    with readable(archive), BoundedSession(archive, most=most, stop=stop) as session:
        yield session


@contextmanager
def connected(
    archive: Archive,
    transaction: Transaction,
    *,
    most: int = MOST_JSON,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[DICOMwebClient]:
    """A client for one kind of request, closed afterwards.

    It asks once: whether to ask again is for the caller to say, by ``ArchiveError.is_passing``.
    What it raises inside is turned into our errors, so that no address, name or password of it is
    ever shown.

    Args:
        archive: which.
        transaction: what for: this says which of its addresses is used.
        most: bytes of one answer, unpacked.
        stop: asked between two pieces of an answer whether nobody waits for it.

    Raises:
        ArchiveError: it could not be done; the sentence says why.
        Cancelled: ``stop`` said so.
    """
    from dicomweb_client.web import DICOMwebClient

    with opened(archive, most=most, stop=stop) as session:
        client = DICOMwebClient(
            archive.address(transaction), session=session, timeout=archive.timeout
        )
        client.set_http_retry_params(retry=False)
        yield client
