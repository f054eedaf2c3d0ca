"""Who does something: the person whose name a step is kept under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from app.domain.errors import Refused

ActorKind = Literal["local reader", "reader"]
ACTOR_KINDS: tuple[ActorKind, ...] = get_args(ActorKind)
LONGEST_NAME = 200  # characters


@dataclass(frozen=True)
class Actor:
    """A person by name, and how the program knows that it is this one."""

    name: str
    kind: ActorKind = "local reader"
    """"local reader": the one person at this machine, known by the system user's name, so that
    nobody else can be asked. "reader": one of several, known by a sign-in."""

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > LONGEST_NAME:
            raise Refused(f"A name has 1 to {LONGEST_NAME} characters. Give another one.")
        if self.kind not in ACTOR_KINDS:
            raise ValueError(f"there is no actor of the kind {self.kind!r}")

    @property
    def is_alone(self) -> bool:
        """Is there nobody else who could look at what this person proposes?"""
        return self.kind == "local reader"
