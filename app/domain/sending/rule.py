"""A site's rule for what leaves: to which archives, which objects, when, and under which names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from app.domain.dicom.kinds import KINDS, SHORT, ObjectKind
from app.domain.errors import Refused

Moment = Literal["on request", "automatic"]
"""on request: a person presses Send; automatic: every signature is queued."""
Naming = Literal["pseudonyms", "identity"]
"""Of images that were de-identified on their way in: as they are stored, or as they came."""
MOMENTS: tuple[Moment, ...] = get_args(Moment)
NAMINGS: tuple[Naming, ...] = get_args(Naming)
Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True)
class SendingRule:
    """What the site allows to leave; nothing by default."""

    archives: tuple[str, ...] = ()
    """Names of the archives that get every signed revision (DPROTONET_SEND_TO)."""
    kinds: tuple[ObjectKind, ...] = KINDS
    """Which objects, where they can be made (DPROTONET_SEND_OBJECTS)."""
    moment: Moment = "on request"
    """When a revision is queued (DPROTONET_SEND)."""
    naming: Naming = "pseudonyms"
    """Whose name the objects bear (DPROTONET_SEND_AS)."""

    @property
    def sends(self) -> bool:
        """Does anything leave at all?"""
        return bool(self.archives)

    @property
    def is_automatic(self) -> bool:
        """Does a signature send by itself?"""
        return self.sends and self.moment == "automatic"

    def check_archives(self, known: tuple[str, ...]) -> None:
        """Raise Refused if the rule names an archive that the site did not describe."""
        for name in self.archives:
            if name not in known:
                raise Refused(
                    f"DPROTONET_SEND_TO names “{name[:40]}”, which is no archive of the file that "
                    "DPROTONET_ARCHIVES names. Correct the name, or describe the archive there."
                )

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> SendingRule:
        """As the environment says.

        Raises:
            Refused: one value cannot be used; the sentence names the variable.
        """
        return cls(
            archives=tuple(dict.fromkeys(_words(env, "DPROTONET_SEND_TO"))),
            kinds=_kinds(_words(env, "DPROTONET_SEND_OBJECTS")),
            moment=_one_of(env, "DPROTONET_SEND", MOMENTS),
            naming=_one_of(env, "DPROTONET_SEND_AS", NAMINGS),
        )


def _words(env: Mapping[str, str], name: str) -> list[str]:
    return [word for word in re.split(r"[\s,;]+", env.get(name, "")) if word]


def _kinds(words: list[str]) -> tuple[ObjectKind, ...]:
    for word in words:
        if word.upper() not in SHORT:
            raise Refused(
                f"DPROTONET_SEND_OBJECTS has “{word[:40]}”, which is no object that is made here. "
                f"Give some of {', '.join(SHORT)}."
            )
    chosen = {SHORT[word.upper()] for word in words}
    return tuple(kind for kind in KINDS if not chosen or kind in chosen)


def _one_of(env: Mapping[str, str], name: str, choices: tuple[Choice, ...]) -> Choice:
    text = " ".join(env.get(name, "").lower().split()) or choices[0]
    for choice in choices:
        if text == choice:
            return choice
    raise Refused(f"{name} is “{text[:40]}”. Give {' or '.join(choices)}.")
