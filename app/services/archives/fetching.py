"""One row of a batch that comes from an archive: its bytes, and what follows when it gives none."""

from __future__ import annotations

from app.domain.archives.archive import Archive
from app.domain.archives.found import InstanceAddress
from app.domain.archives.wanted import Wanted, instance_of
from app.domain.permissions import within
from app.services.archives import asking
from app.services.archives.client import named
from app.services.archives.errors import ArchiveError, Denied
from app.services.archives.listing import Beside
from app.services.archives.searching import reach_problem
from app.services.deidentify import names
from app.services.workplace import Workplace
from app.store.batch_items import ClaimedItem


@within
def is_from_archive(workplace: Workplace, item: ClaimedItem) -> bool:
    """Does this row name an instance, and not a file?"""
    return bool(item.path) and instance_of(names.opened(workplace, item.path or "")) is not None


@within
def fetched(workplace: Workplace, item: ClaimedItem, beside: Beside) -> bytes:
    """The whole instance that a row names; of one that is a case already nothing is fetched.

    Raises:
        NotFound: the site no longer describes the archive.
        ArchiveError: it does not give it.
        Cancelled: nobody waits for it.
    """
    if item.case_id is not None:
        return b""
    archive, where = _of(workplace, item)
    most = workplace.settings.file_bytes
    return beside(lambda stop: asking.instance(archive, where, most=most, stop=stop))


@within
def why_away(workplace: Workplace, item: ClaimedItem, error: Exception, beside: Beside) -> str:
    """Why the archive gives nothing at all now; empty where the error is one of this row alone.

    A password that is not accepted is tried once, and not once an instance: many archives lock an
    account after some.
    """
    if not isinstance(error, ArchiveError) or not (error.is_passing or isinstance(error, Denied)):
        return ""
    archive, _ = _of(workplace, item)
    return beside(lambda stop: reach_problem(archive))


def _of(workplace: Workplace, item: ClaimedItem) -> tuple[Archive, InstanceAddress]:
    wanted = Wanted.from_text(names.opened(workplace, item.folder or ""))
    where = instance_of(names.opened(workplace, item.path or ""))
    if wanted is None or where is None:
        raise ValueError("this row is of no archive")
    return named(workplace, wanted.archive), where
