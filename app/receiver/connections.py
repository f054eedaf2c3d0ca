"""Connections of senders, within bounds that pynetdicom does not set: bytes, time and addresses."""

from __future__ import annotations

import logging
import socket
import ssl
from contextlib import suppress
from socketserver import BaseServer
from typing import Any

from pynetdicom.association import Association
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from app.domain.dicom.receiving import Receiving
from app.domain.errors import Refused

log = logging.getLogger(__name__)
SILENCE_SECONDS = 60.0  # of a sender in the midst of something, after which its connection ends
HANDSHAKE_SECONDS = 10.0
LONGEST_PDU = 1 << 20  # bytes: a request for an association with all contexts takes some 300 KB
SLACK = 1 << 20  # bytes of commands and headers beside an object


class Bounded:
    """The ``recv`` of an association's socket: neither a unit nor an object of any size.

    pynetdicom reads as many bytes as the head of a unit promises, up to 4 GiB, before it asks whose
    they are. It also reads 4,096 bytes at once, which is slow.
    """

    def __init__(self, association: Association, most: int) -> None:
        self._association = association
        self._most = most + SLACK
        self._bytes = 0  # since the object before was handed over

    def begin(self) -> None:
        """An object has come whole: count anew."""
        self._bytes = 0

    def __call__(self, count: int) -> bytearray:
        """So many bytes; fewer where the sender has closed the connection.

        Raises:
            OSError: that is more than is taken, or the connection is broken.
        """
        self._bytes += count
        if count > LONGEST_PDU or self._bytes > self._most:
            log.warning("a sender gave more bytes than are taken at once: its connection ends")
            raise OSError("more bytes than are taken")
        whole, done = bytearray(count), 0
        with memoryview(whole) as room:
            while done < count:
                came = self._socket.recv_into(room[done:])
                if not came:
                    break
                done += came
        return whole[:done]

    @property
    def _socket(self) -> socket.socket:
        wrapped = self._association.dul.socket
        if wrapped is None or wrapped.socket is None:
            raise OSError("the connection is closed")
        return wrapped.socket


def bound(association: Association) -> Bounded:
    """The bounds of an association of this server."""
    found: Bounded = association.dul.socket.recv  # type: ignore[union-attr, assignment]
    return found


def cut_off(association: Association) -> None:
    """End a connection on which nothing is awaited any more: a thread that reads from it wakes."""
    wrapped = association.dul.socket
    if wrapped is not None and wrapped.socket is not None:
        with suppress(OSError):
            wrapped.socket.shutdown(socket.SHUT_RDWR)


class Handler(RequestHandler):
    """One connection."""

    server: Server

    def _create_association(self) -> Association:
        association = super()._create_association()
        bounds = Bounded(association, self.server.most_bytes)
        setattr(association.dul.socket, "recv", bounds)  # noqa: B010  # it is a method to mypy
        return association


class Server(ThreadedAssociationServer):
    """Takes connections of those who may connect. The handshake of TLS has its own thread, so that
    whoever connects and says nothing holds up nobody."""

    daemon_threads = True

    def __init__(self, *args: Any, receiving: Receiving, most_bytes: int, **named: Any) -> None:
        self.most_bytes = most_bytes
        self._receiving = receiving
        super().__init__(*args, **named)

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next connection, as it comes."""
        client, address = self.socket.accept()  # type: ignore[union-attr]
        client.settimeout(HANDSHAKE_SECONDS)
        return client, address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Is it from an address that may connect?"""
        may = self._receiving.may_connect(client_address[0])
        if not may:
            log.warning("a connection from %s was refused: not in the list", client_address[0])
        return may

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Begin to listen to it."""
        if self.ssl_context is not None:
            request = self.ssl_context.wrap_socket(request, server_side=True)
        request.settimeout(SILENCE_SECONDS)
        super().finish_request(request, client_address)

    def shutdown(self) -> None:
        """Take no more connections; those that there are stay."""
        BaseServer.shutdown(self)
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Such as a handshake that fails; the socket is closed afterwards."""
        log.warning("a connection from %s did not come about", client_address[0])


def tls(receiving: Receiving) -> ssl.SSLContext | None:
    """The context of TLS, or None without a certificate.

    Raises:
        Refused: a file cannot be used.
    """
    if receiving.certificate is None:
        return None
    try:
        context = ssl.create_default_context(
            ssl.Purpose.CLIENT_AUTH,
            cafile=None if receiving.authorities is None else str(receiving.authorities),
        )
        context.load_cert_chain(receiving.certificate, receiving.private_key)
    except (OSError, ssl.SSLError) as error:
        raise Refused(
            "The certificate of DPROTONET_RECEIVE_CERTIFICATE, its key or the file of "
            "DPROTONET_RECEIVE_AUTHORITIES cannot be used. Give PEM files that belong together and "
            "that this user may read."
        ) from error
    if receiving.authorities is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    return context
