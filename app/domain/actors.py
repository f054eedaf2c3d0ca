"""Who does something: the person whose name a step is kept under, and what that person may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from app.domain.errors import Forbidden, Refused

ActorKind = Literal["local reader", "reader", "program", "system", "nobody"]
ACTOR_KINDS: tuple[ActorKind, ...] = get_args(ActorKind)
LONGEST_NAME = 200  # characters

Role = Literal["reader", "adjudicator", "lead", "admin", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)
Permission = Literal[
    "see models",
    "see cases",
    "add images",
    "search archives",
    "sign",
    "sign over others",
    "propose changes",
    "export",
    "send",
    "delete",
    "change models",
    "run studies",
    "manage users",
    "set up",
    "see the audit",
    "reidentify",
    "run the program",
]
_READERS: frozenset[Role] = frozenset({"reader", "adjudicator", "lead"})
ROLES_WITH: Mapping[Permission, frozenset[Role]] = MappingProxyType(
    {
        "see models": frozenset(ROLES),  # which there are, and which is active
        "see cases": _READERS,  # images, predictions, heatmaps, prototypes, signatures
        "add images": _READERS,  # uploads, batches
        "search archives": frozenset({"lead"}),  # which shows whom they hold; and bring in studies
        "sign": _READERS,  # and choose which model reads a case
        "sign over others": frozenset({"adjudicator", "lead"}),
        "propose changes": _READERS,  # of models
        "export": frozenset({"adjudicator", "lead"}),  # whatever leaves as a file
        "send": frozenset({"adjudicator", "lead"}),  # to an archive; try again, cancel
        "delete": frozenset({"lead"}),
        "change models": frozenset({"lead"}),  # activate, decide on proposals, check, threshold
        "run studies": frozenset({"lead"}),  # create, open, close and export them
        "manage users": frozenset({"admin"}),
        "set up": frozenset({"admin"}),  # say whether patients' images will be held
        "see the audit": frozenset({"auditor"}),
        "reidentify": frozenset(),  # by the command line alone, with the key of the pseudonyms
        "run the program": frozenset(),  # the worker and the command line, no role
    }
)
"""What each role may do. Whoever has several roles may do what any of them may."""
OF_SYSTEMS: frozenset[Permission] = frozenset({"see models", "add images"})
"""What another system that sends images may do."""


@dataclass(frozen=True)
class Actor:
    """A person by name, and how the program knows that it is this one."""

    name: str
    kind: ActorKind = "local reader"
    """"local reader": the one person at this machine, known by the system user's name, so that
    nobody else can be asked. "reader": one of several, known by a sign-in. "program": the worker,
    which does what somebody was allowed to ask for. "system": another system that sends images, by
    the title that it calls with. "nobody": not signed in."""
    roles: frozenset[Role] = field(default=frozenset(), compare=False)
    """Of a "reader", now; the same person may have had others before."""

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > LONGEST_NAME:
            raise Refused(f"A name has 1 to {LONGEST_NAME} characters. Give another one.")
        if self.kind not in ACTOR_KINDS:
            raise ValueError(f"there is no actor of the kind {self.kind!r}")
        if not self.roles.issubset(ROLES):
            raise ValueError(f"there is a role among {sorted(self.roles)} that does not exist")

    @property
    def is_alone(self) -> bool:
        """Is there nobody else who could look at what this person proposes?"""
        return self.kind == "local reader"

    def may(self, permission: Permission) -> bool:
        """May this person do it? The local reader and the program may do everything."""
        if self.kind in ("local reader", "program"):
            return True
        if self.kind == "system":
            return permission in OF_SYSTEMS
        return self.kind == "reader" and not self.roles.isdisjoint(ROLES_WITH[permission])

    def check(self, permission: Permission) -> None:
        """Raise Forbidden if this person may not do it."""
        if self.may(permission):
            return
        if self.kind == "nobody":
            raise Forbidden("You are not signed in. Reload the page to sign in.")
        needed = " or ".join(sorted(ROLES_WITH[permission])) or "nobody who is signed in"
        raise Forbidden(
            f"Your roles do not allow this ({permission}). It takes the role {needed}; an "
            "administrator can give it to you."
        )


NOBODY = Actor("nobody", "nobody")
PROGRAM = Actor("program", "program")
