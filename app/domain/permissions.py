"""How a use case says who may do it: every public one of the services carries its decision."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

from app.domain.actors import Actor, Permission

DECISION = "permission_needed"
"""Attribute of a use case: its permission, or None of what only other use cases call."""
ANYBODY = "anybody"
UseCase = TypeVar("UseCase", bound=Callable[..., Any])
Part = TypeVar("Part", bound=Callable[..., Any])


class Acting(Protocol):
    """Whatever knows who acts; the workplace."""

    @property
    def actor(self) -> Actor:
        """The person."""


def needs(permission: Permission) -> Callable[[UseCase], UseCase]:
    """Refuse the use case, before it does anything, to an actor without the permission.

    Its first argument is the workplace.

    Raises:
        Forbidden: from the use case; the sentence names the roles that have it.
    """

    def guarded(use_case: UseCase) -> UseCase:
        @wraps(use_case)
        def asked(workplace: Acting, /, *args: Any, **named: Any) -> Any:
            workplace.actor.check(permission)
            return use_case(workplace, *args, **named)

        setattr(asked, DECISION, permission)
        return cast(UseCase, asked)

    return guarded


def anybody(use_case: Part) -> Part:
    """Mark a use case that asks for no permission: signing in, and what nobody may know by it."""
    setattr(use_case, DECISION, ANYBODY)
    return use_case


def within(part: Part) -> Part:
    """Mark a part of use cases: they have asked before they call it, and pages never do."""
    setattr(part, DECISION, None)
    return part
