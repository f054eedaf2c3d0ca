"""What passes between the process that holds the key and the child that opens the file.

The child says who and what a file names; the other side answers with pseudonyms. So the key never
is where an untrusted file is opened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

PRIVATE = re.compile(r"(?P<group>[0-9a-fA-F]{4})xx(?P<number>[0-9a-fA-F]{2}) (?P<creator>.+)\Z")


@dataclass(frozen=True)
class Survey:
    """What a file says of a person before anything is changed."""

    person: Mapping[str, str] = field(default_factory=dict)
    """By keyword, such as PatientID; empty for a file without a header of DICOM."""
    uids: tuple[str, ...] = ()
    """Unique identifiers that are to be replaced, each once."""


@dataclass(frozen=True)
class Instructions:
    """The pseudonyms of one file."""

    patient: str
    """Stands as PatientName and PatientID."""
    uids: Mapping[str, str] = field(default_factory=dict)
    """Old to new."""
    shift_days: int = 0
    """Added to every date."""
    kept: tuple[str, ...] = ()
    """Elements that stay although the profile drops them: a keyword such as ``PatientSex``, or a
    private one as ``0019xx10 ACME 1.1``."""

    def __post_init__(self) -> None:
        for name in self.kept:
            check_kept(name)

    @property
    def kept_keywords(self) -> frozenset[str]:
        """The standard elements among those that stay."""
        return frozenset(name for name in self.kept if not PRIVATE.match(name))

    @property
    def kept_private(self) -> frozenset[tuple[int, str, int]]:
        """The private ones: group, creator, last two digits of the element."""
        found = (PRIVATE.match(name) for name in self.kept)
        return frozenset(
            (int(m["group"], 16), m["creator"].strip(), int(m["number"], 16)) for m in found if m
        )


@dataclass(frozen=True)
class TextFound:
    """One line of what looks like burned-in text, in pixels of the first frame as it is shown."""

    top: int
    left: int
    bottom: int
    right: int
    """Bottom and right are exclusive."""


@dataclass(frozen=True, eq=False)
class Deidentified:
    """A file without the person, and what a reader must know of its pixels."""

    data: bytes
    ending: str
    """Of its name, such as ``.dcm``."""
    warnings: tuple[str, ...] = ()
    """Why the pixels may show text; empty says that none was found, never that there is none."""
    text: tuple[TextFound, ...] = ()


def check_kept(name: str) -> None:
    """Refuse the name of an element that cannot be one.

    Raises:
        ValueError: it is neither a keyword nor a private element of the form given above.
    """
    from pydicom.datadict import tag_for_keyword

    if not PRIVATE.match(name) and tag_for_keyword(name) is None:
        raise ValueError(f"no element of DICOM: {name}")
