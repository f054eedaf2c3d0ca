"""Answers leave at once, instead of waiting up to 40 ms for the browser to confirm their head.

The head and the body of an answer are two small writes. Without TCP_NODELAY the system holds the
second one back until the first is confirmed (RFC 896), and a browser's system confirms late (RFC
1122, section 4.2.3.2): every request on a connection that is used again takes 40 ms longer. asyncio
sets the option on sockets that name their protocol; Streamlit's listening socket names none.
"""

from __future__ import annotations

import socket

from streamlit.web.server.starlette import starlette_server

_bind = starlette_server._bind_socket


def answer_at_once() -> None:
    """Set the option on the socket that Streamlit will listen on; connections inherit it."""
    starlette_server._bind_socket = bound


def bound(address: str, port: int, backlog: int) -> socket.socket:
    """Streamlit's own listening socket, with the option."""
    listening = _bind(address, port, backlog)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
