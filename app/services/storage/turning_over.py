"""Stored files turned over to the key that is named now, or, where none is, back to plain files.

It may run beside the server and be stopped at any time: each file is replaced as a whole, and what
is turned over already is passed by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.domain.permissions import needs
from app.services.workplace import Workplace
from dprotonet.errors import ReadableError


@dataclass(frozen=True)
class TurnedOver:
    """What was done."""

    changed: int
    """Files that were written anew."""
    kept: int
    """Files that were as they should be."""
    problems: tuple[str, ...]
    """A sentence for each file that was left as it was; while there is one, the old key is
    needed."""


@needs("run the program")
def turn_over(
    workplace: Workplace, *, progress: Callable[[int], object] = lambda count: None
) -> TurnedOver:
    """Bring all stored files, orphans among them, to what the settings say.

    Args:
        workplace: where.
        progress: called with the number of files that were looked at.
    """
    changed = kept = 0
    problems = []
    for count, (path, key) in enumerate(list(_stored(workplace)), start=1):
        try:
            if workplace.blobs.is_turned_over(path):
                kept += 1
            else:
                changed += _one(workplace, path, key)
        except FileNotFoundError:
            pass  # deleted, or put aside, in the meantime
        except ReadableError as error:
            problems.append(str(error))
        progress(count)
    if not problems:
        workplace.blobs.notes.note_key()
    return TurnedOver(changed, kept, tuple(problems))


def _stored(workplace: Workplace) -> Iterator[tuple[str, str]]:
    for key in workplace.blobs.all_keys():
        yield workplace.blobs.path(key), key
    for orphan in workplace.blobs.orphans.all():
        yield orphan.path, orphan.key


def _one(workplace: Workplace, path: str, key: str) -> bool:
    staged = workplace.blobs.turned_over(path, key)
    try:
        with workplace.store.write() as tx:
            tx.lock_blobs()  # a file that was deleted since must not come back
            return workplace.blobs.replace(path, staged)
    finally:
        workplace.blobs.discard(staged)
