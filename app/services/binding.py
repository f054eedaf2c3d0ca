"""Database and data folder belong together: both hold one id, and no start goes on without.

An empty or another database would take all originals for files that nobody needs, and an empty or
another folder would make all cases unreadable.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from app.domain.errors import Refused
from app.domain.permissions import needs, within
from app.services.workplace import Workplace
from app.store.files.blobs import Blobs
from app.store.sql_store import Transaction

IDENTITY = "identity"  # the key among the settings
CORRECT = "correct DPROTONET_DATA, DPROTONET_BLOBS or DPROTONET_DATABASE_URL"
RESTORE = "restore a backup (python -m app restore FILE)"
DELIBERATELY = "If they do belong together, say so with: python -m app bind"


class Unbound(Refused):
    """The database and the data folder do not belong together."""


@dataclass(frozen=True)
class Overlap:
    """How far a database and a folder know each other."""

    named: int
    """Files that the database names."""
    here: int
    """Files in the folder."""
    both: int
    """Named, and there or among the orphans."""

    @property
    def is_most(self) -> bool:
        """Do they know more than half of each other? Where both are empty they do."""
        of_folder = self.here == 0 or 2 * self.both > self.here
        of_database = self.named == 0 or 2 * self.both > self.named
        return of_folder and of_database


def overlap(names: set[str], blobs: Blobs) -> Overlap:
    """Count what a database's names and a folder have in common.

    Args:
        names: keys that the database names.
        blobs: the folder.
    """
    here = set(blobs.all_keys())
    known = here | {orphan.key for orphan in blobs.orphans.all()}
    return Overlap(len(names), len(here), len(names & known))


@needs("run the program")
def check(workplace: Workplace) -> None:
    """Refuse a database and a folder that do not belong together; bind those that plainly do.

    Two new ones are bound to each other, and so are those of an earlier version, which had no id,
    where the database names most of the files.

    Raises:
        Unbound: with what to do.
    """
    if is_bound(workplace):
        return
    with workplace.store.write() as tx:
        tx.lock_blobs()  # of two processes at once one finds the other's id
        of_database, of_folder = tx.setting(IDENTITY) or "", workplace.blobs.notes.identity()
        if of_database and of_folder:
            if of_database == of_folder:
                return
            raise Unbound(
                "The database and the data folder belong to different installations, so nothing "
                f"was started. To use others, {CORRECT}. {DELIBERATELY}"
            )
        common = overlap(tx.named_blobs(), workplace.blobs)
        if not common.is_most:
            raise Unbound(_strangers(common))
        _write(workplace, tx, of_folder or of_database)


def check_backup(names: frozenset[str], identity: str, blobs: Blobs) -> None:
    """Refuse a backup that belongs to another data folder, or whose originals are not there.

    Args:
        names: keys that the backup's rows name.
        identity: its id; empty in backups of an earlier version.
        blobs: the folder.

    Raises:
        Unbound: with what to do.
    """
    of_folder = blobs.notes.identity()
    if identity and of_folder:
        if identity == of_folder:
            return
        raise Unbound(
            "This backup belongs to another data folder, so nothing was changed. Take a backup of "
            "this one, or correct DPROTONET_DATA. To restore it all the same, add --anyway"
        )
    common = overlap(set(names), blobs)
    if not common.is_most:
        raise Unbound(
            f"This backup names {common.named} files; {common.both} of them are in the data "
            f"folder, which holds {common.here}. So nothing was changed. Copy the originals that "
            "belong to it into the data folder first, or take another backup. To restore it all "
            "the same, add --anyway"
        )


@needs("run the program")
def bind(workplace: Workplace) -> Overlap:
    """Bind the database and the folder as they are, at the request of a person.

    The folder's id stays, so that the backups of its own database go on fitting.
    """
    with workplace.store.write() as tx:
        tx.lock_blobs()
        _write(workplace, tx, workplace.blobs.notes.identity() or tx.setting(IDENTITY) or "")
        return overlap(tx.named_blobs(), workplace.blobs)


@within
def is_bound(workplace: Workplace) -> bool:
    """Do the database and the folder hold the same id?"""
    with workplace.store.read() as tx:
        of_database = tx.setting(IDENTITY)
    return bool(of_database) and of_database == workplace.blobs.notes.identity()


def _write(workplace: Workplace, tx: Transaction, identity: str) -> None:
    identity = identity or secrets.token_hex(16)
    tx.set_setting(IDENTITY, identity)
    workplace.blobs.notes.set_identity(identity)


def _strangers(common: Overlap) -> str:
    if common.named == 0:
        return (
            f"The data folder holds {common.here} files, and the database is empty, so nothing was "
            f"started. To have the cases back, {RESTORE}. To use another database or folder, "
            f"{CORRECT}. To begin anew beside these files: python -m app bind"
        )
    return (
        f"The database names {common.named} files; {common.both} of them are in the data folder, "
        f"which holds {common.here}. So nothing was started. Copy the originals back from your "
        f"backup, {RESTORE}, or {CORRECT}. {DELIBERATELY}"
    )
