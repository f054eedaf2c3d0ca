"""What a batch brings in from an archive, as its row keeps it: in the place of a folder's path."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from app.domain.archives.found import MOST_PRIORS, InstanceAddress, is_uid
from app.domain.errors import Refused

MOST = 200  # studies of one batch
_BATCH, _ITEM = "dicomweb:", "dicomweb/"
"""A folder's path begins with a slash, or with a drive; one below a folder never ends in three
UIDs behind such a word."""


@dataclass(frozen=True)
class Wanted:
    """Studies of an archive.

    Raises:
        Refused: they are none or too many, or one is named by no UID.
    """

    archive: str
    """Its name."""
    studies: tuple[str, ...]
    """Their UIDs."""
    priors: int = 0
    """How many earlier studies of each one's patient come with it, at most."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.studies) <= MOST:
            raise Refused(f"Choose from 1 to {MOST} studies.")
        if not all(is_uid(uid) for uid in self.studies):
            raise Refused("A study is named by its UID, which has digits and dots. Correct it.")
        if not 0 <= self.priors <= MOST_PRIORS:
            raise Refused(f"At most {MOST_PRIORS} earlier studies come with one. Give less.")

    def to_text(self) -> str:
        """For the row; the same studies give the same text."""
        studies = sorted(set(self.studies))
        return _BATCH + json.dumps({**asdict(self), "studies": studies}, sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> Wanted | None:
        """Out of the row; None where it names a folder."""
        if not text.startswith(_BATCH):
            return None
        fields = json.loads(text.removeprefix(_BATCH))
        return cls(fields["archive"], tuple(fields["studies"]), fields["priors"])


def item_path(where: InstanceAddress) -> str:
    """What the row of one instance keeps in the place of a file's path; the same for the same
    instance, whichever archive it comes from."""
    return f"{_ITEM}{where.study_uid}/{where.series_uid}/{where.instance_uid}"


def instance_of(path: str) -> InstanceAddress | None:
    """The instance that a row names; None where it names a file."""
    if not path.startswith(_ITEM):
        return None
    parts = path.removeprefix(_ITEM).split("/")
    return InstanceAddress(*parts) if len(parts) == 3 and all(map(is_uid, parts)) else None


def shown_as(where: InstanceAddress) -> str:
    """A path by which an instance is shown like a file."""
    return f"{where.study_uid}/{where.series_uid}/{where.instance_uid}.dcm"


def title(archive: str, studies: Iterable[str]) -> str:
    """What a batch is called that got no name."""
    count = len(set(studies))
    return f"{count} {'study' if count == 1 else 'studies'} from {archive}"
