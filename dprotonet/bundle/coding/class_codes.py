"""Which code each class of a model has in reports for other systems. No torch here.

The manifest keeps them under ``codes``, by the name of the class. A class without one is named by a
private code where a report is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any, Self

LONGEST_VALUE = LONGEST_SCHEME = 16  # characters: VR SH, PS3.5 6.2
LONGEST_MEANING = 64  # characters: VR LO
_SCHEME = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class ClassCode:
    """A code as DICOM writes it (PS3.3 8.8).

    Attributes:
        value: such as "233604007"; 16 characters at most.
        scheme: such as "SCT" for SNOMED CT; 16 characters at most.
        meaning: in words, such as "Pneumonia"; 64 characters at most.
    """

    value: str
    scheme: str
    meaning: str

    def __post_init__(self) -> None:
        for name, most in (
            ("value", LONGEST_VALUE),
            ("scheme", LONGEST_SCHEME),
            ("meaning", LONGEST_MEANING),
        ):
            text = getattr(self, name)
            if not isinstance(text, str) or text != text.strip() or not 0 < len(text) <= most:
                raise ValueError(f"{name} of a class's code must be text of 1 to {most} characters")
            if not text.isprintable() or "\\" in text:
                raise ValueError(f"{name} of a class's code has a character that no code may have")
        if not _SCHEME.fullmatch(self.scheme):
            raise ValueError("the scheme of a class's code is a short name such as SCT")

    def to_json(self) -> dict[str, str]:
        """Plain values for a JSON file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: object) -> Self:
        """The code that :meth:`to_json` wrote.

        Raises:
            ValueError: a field is missing, unknown or none that a code may have.
        """
        if not isinstance(data, Mapping) or set(data) != {item.name for item in fields(cls)}:
            raise ValueError("a class's code has value, scheme and meaning")
        return cls(**data)


def class_codes(data: object) -> Mapping[str, ClassCode]:
    """The codes of a JSON object, by class.

    Raises:
        ValueError: it is none, or a code cannot be.
    """
    if not isinstance(data, Mapping) or not all(isinstance(name, str) for name in data):
        raise ValueError("codes are given by the names of classes")
    return MappingProxyType({name: ClassCode.from_json(code) for name, code in data.items()})


def check_codes(codes: Mapping[str, ClassCode], classes: Iterable[str]) -> None:
    """Raise ValueError if a code is of no class, or two classes have the same."""
    unknown = set(codes) - set(classes)
    if unknown:
        raise ValueError(
            f"a code is given for {sorted(unknown)[0]!r}, which is none of the classes"
        )
    if len({(code.scheme, code.value) for code in codes.values()}) < len(codes):
        raise ValueError("two classes have the same code")


def codes_to_json(codes: Mapping[str, ClassCode]) -> dict[str, Any]:
    """Plain values for a JSON file."""
    return {name: code.to_json() for name, code in codes.items()}
