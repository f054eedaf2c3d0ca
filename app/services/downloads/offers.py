"""Files that a page offers and that are made when they are asked for, each for one person.

An offer names a use case and what it is given; its address says neither, since a filter may hold a
name. Whoever asks must be the person on whose page it stood, and the use case asks that person's
permission as it is then.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.domain.actors import Actor
from app.domain.errors import NotFound
from app.services.downloads.streamed import Streamed

Made = bytes | Streamed
"""A file, or one that is made while it is sent."""

MOST_OFFERS = 2000
"""That are kept; beyond it the one that no page has drawn for the longest time goes."""


@dataclass(frozen=True)
class Offer:
    """One file."""

    actor: Actor
    """For whom."""
    name: str
    """That the browser saves it under."""
    kind: str
    """Its media type."""
    use_case: Callable[..., Made]
    """Takes the workplace, then ``given`` and ``named``; decides who may have the file."""
    given: tuple[Any, ...]
    named: tuple[tuple[str, Any], ...]


class Offers:
    """What pages offer, by key; safe to use from many threads. A restart forgets all."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._offers: OrderedDict[str, Offer] = OrderedDict()

    def add(
        self,
        actor: Actor,
        use_case: Callable[..., Made],
        *given: Any,
        name: str,
        kind: str,
        **named: Any,
    ) -> str:
        """Offer a file.

        Args:
            actor: the person on whose page it stands.
            use_case: makes it, of the workplace and what follows.
            given: frozen values whose repr tells them apart.
            name: that the browser saves it under.
            kind: its media type.
            named: as ``given``.

        Returns:
            Its key, 64 hexadecimal digits: the same for the same offer to the same person, so that
            a page that is drawn again keeps its addresses.
        """
        offer = Offer(actor, name, kind, use_case, given, tuple(sorted(named.items())))
        place = f"{use_case.__module__}.{use_case.__qualname__}"
        text = repr((actor.kind, actor.name, name, kind, place, offer.given, offer.named))
        key = hmac.new(self._secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256)
        with self._lock:
            self._offers[key.hexdigest()] = offer
            self._offers.move_to_end(key.hexdigest())
            while len(self._offers) > MOST_OFFERS:
                self._offers.popitem(last=False)
        return key.hexdigest()

    def get(self, key: str, actor: Actor) -> Offer:
        """An offer to this person.

        Raises:
            NotFound: there is none under this key, or it was made to somebody else.
        """
        with self._lock:
            offer = self._offers.get(key)
        if offer is None or offer.actor != actor:
            raise NotFound("This file is not offered to you. Open its page again.")
        return offer
