"""Uploaded files of discs: those that a DICOMDIR lists, by study, and the others left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.services.uploading.batch_files import Entry
from dprotonet.images.discs.listing import NOT_LISTED, arranged


def by_their_discs(entries: Sequence[Entry]) -> list[Entry]:
    """The files of an upload; where a folder has a DICOMDIR, as that lists them.

    The bytes of what it does not list are not among them any more.
    """
    done = list(entries)
    keys = [(place, 0) for place in range(len(entries))]  # which disc, and where in it
    of_discs: set[int] = set()
    outer_first = sorted(range(len(entries)), key=lambda place: len(_parts(entries[place])))
    for place in outer_first:
        entry = entries[place]
        if entry.directory is None or place in of_discs:
            continue
        folder = _parts(entry)[:-1]
        beside = [
            other
            for other, each in enumerate(entries)
            if other != place
            and other not in of_discs
            and each.archive == entry.archive
            and _parts(each)[: len(folder)] == folder
        ]
        paths = [_parts(entries[other])[len(folder) :] for other in beside]
        found = arranged(entry.directory, paths)
        done[place] = _left_out(entry, found.message)
        if not found.applies:
            continue
        of_discs |= {place, *beside}
        for number, at in enumerate((*found.listed, *found.unlisted), start=1):
            keys[beside[at]] = (place, number)
        for at in found.unlisted:
            done[beside[at]] = _left_out(entries[beside[at]], NOT_LISTED)
    return [done[place] for place in sorted(range(len(done)), key=keys.__getitem__)]


def _parts(entry: Entry) -> tuple[str, ...]:
    return tuple(part for part in entry.path.replace("\\", "/").split("/") if part not in ("", "."))


def _left_out(entry: Entry, message: str) -> Entry:
    item = replace(entry.item, upload_key=None, state="skipped", message=message)
    return replace(entry, item=item, blob=None)
