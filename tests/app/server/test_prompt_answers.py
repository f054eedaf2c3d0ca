"""Connections of the server hold nothing back."""

import socket

import pytest
from streamlit.web.server.starlette import starlette_server

from app.server.prompt_answers import answer_at_once


def test_connections_send_what_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starlette_server, "_bind_socket", starlette_server._bind_socket)
    answer_at_once()
    listening, _ = starlette_server._bind_server_socket("127.0.0.1", "127.0.0.1", 0, 5)
    with listening, socket.create_connection(listening.getsockname()):
        listening.settimeout(5)
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
