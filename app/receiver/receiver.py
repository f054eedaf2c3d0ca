"""The receiver: an application entity that provides storage and verification (PS3.4 A and B)."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from pynetdicom import AE, _config, evt

from app.domain.errors import Refused
from app.receiver.connections import Handler, Server, cut_off, tls
from app.receiver.contexts import contexts
from app.receiver.storing import Storing
from app.services.workplace import Workplace

GRACE_SECONDS = 8.0  # for the objects at hand, once it is asked to leave
CLOSING_SECONDS = 2.0  # for the answers on their way, and for the connections to end
POLL_SECONDS = 0.1  # between two looks whether it is to take no more connections
IDLE_SECONDS = 300.0  # of an association; longer than taking in an image takes
NEGOTIATION_SECONDS = 10.0  # for a sender to say who it is


@dataclass(frozen=True)
class Listening:
    """Where the receiver can be reached."""

    title: str
    address: str
    port: int


@contextmanager
def receiving(workplace: Workplace) -> Iterator[Listening]:
    """Take in what senders store, in threads, until the block is left.

    Then no association begins any more, what is at hand is brought to its end and answered, and the
    others are aborted.

    Raises:
        Refused: no sender is named, the port is taken, a certificate cannot be used, or it was not
            said yet whether patients' images will be held.
    """
    settings = workplace.settings.receiving
    if not settings.senders:
        raise Refused(
            "Nobody may send images here. Name the titles that may with DPROTONET_RECEIVE_FROM, "
            "such as PACS1,CT2."
        )
    if workplace.awaits_choice:
        raise Refused(
            "It was not said yet whether patients' images will be held. Say it on the first page, "
            "or with DPROTONET_PATIENTS, then start again."
        )
    storing = Storing(workplace)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they quote values of what was sent
        entity = _entity(workplace)
        server = _server(workplace, entity, storing)
        listening = threading.Thread(
            target=server.serve_forever, args=(POLL_SECONDS,), name="receiver", daemon=True
        )
        listening.start()
        try:
            yield Listening(settings.title, settings.address, server.server_address[1])
        finally:
            server.shutdown()
            storing.leave(GRACE_SECONDS)
            _end(entity)


def _entity(workplace: Workplace) -> AE:
    settings = workplace.settings.receiving
    _config.LOG_HANDLER_LEVEL = "none"  # it logs what is sent
    entity = AE(settings.title)
    entity.require_calling_aet = list(settings.senders)
    entity.require_called_aet = True
    entity.maximum_associations = settings.associations
    entity.maximum_pdu_size = settings.pdu_bytes
    entity.acse_timeout = NEGOTIATION_SECONDS
    entity.network_timeout = IDLE_SECONDS
    return entity


def _server(workplace: Workplace, entity: AE, storing: Storing) -> Server:
    settings = workplace.settings.receiving
    context = tls(settings)
    try:
        made = entity.make_server(
            (settings.address, settings.port),
            contexts=contexts(),
            ssl_context=context,
            evt_handlers=[
                (evt.EVT_C_STORE, storing.store),
                (evt.EVT_C_ECHO, storing.verify),
                (evt.EVT_ACCEPTED, storing.opened),
                (evt.EVT_REJECTED, storing.rejected),
                (evt.EVT_CONN_CLOSE, storing.closed),
            ],
            server_class=Server,
            request_handler=Handler,
            receiving=settings,
            most_bytes=workplace.settings.file_bytes,
        )
    except OSError as error:
        raise Refused(
            f"{settings.address}, port {settings.port}, cannot be listened at. Look which other "
            "program does, or give another DPROTONET_RECEIVE_PORT or DPROTONET_RECEIVE_ADDRESS."
        ) from error
    return cast(Server, made)


def _end(entity: AE) -> None:
    """Abort what is open; each ends by itself, or is left when its time is over."""
    end = time.monotonic() + CLOSING_SECONDS
    associations = entity.active_associations
    for association in associations:
        association.abort(block=False)
    for association in associations:
        association.join(max(0.0, end - time.monotonic()))
        cut_off(association)  # or the next line waits for a sender that says nothing
        association.kill()
