"""Downloads: what a page offers to the person who looks at it, and that person alone gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.domain.permissions import needs
from app.services.downloads.offers import Made, Offer
from app.services.workplace import Workplace

ROUTE = "/api/files"


@needs("export")
def address(
    workplace: Workplace,
    use_case: Callable[..., Made],
    *given: Any,
    name: str,
    kind: str,
    **named: Any,
) -> str:
    """Where the workplace's actor gets a file; it is made when it is asked for.

    Args:
        workplace: where, and for whom.
        use_case: makes the file of the workplace and what follows, and says who may have it.
        given: frozen values.
        name: that the browser saves it under.
        kind: its media type.
        named: as ``given``.
    """
    key = workplace.offers.add(workplace.actor, use_case, *given, name=name, kind=kind, **named)
    return f"{ROUTE}/{key}"


@needs("export")
def made(workplace: Workplace, key: str) -> tuple[Offer, Made]:
    """A file that was offered to the workplace's actor, made now.

    Raises:
        Forbidden: the actor may not have it any more.
        NotFound: it was not offered to this person, or what it is made of is gone.
    """
    offer = workplace.offers.get(key, workplace.actor)
    return offer, offer.use_case(workplace, *offer.given, **dict(offer.named))
