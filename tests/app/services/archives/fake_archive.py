"""An archive of a few lines that answers as no good one does."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.domain.archives.archive import Archive, Credentials

Answer = Callable[[BaseHTTPRequestHandler], None]
SECRET = "open-sesame"


class FakeArchive:
    """Gives each request to ``answer``, and notes it."""

    def __init__(self, port: int, scheme: str) -> None:
        self.answer: Answer = status(404)
        self.asked: list[tuple[str, dict[str, str]]] = []
        """Paths and headers."""
        self.gone = threading.Event()
        """Set at the end: what holds a request back waits for it."""
        address = f"{scheme}://127.0.0.1:{port}/dicom-web"
        self.archive = Archive(
            "fake", address, address, address, Credentials("ann", SECRET), timeout=5.0
        )


@contextmanager
def fake_archive(tls: ssl.SSLContext | None = None) -> Iterator[FakeArchive]:
    """One that listens on loopback meanwhile, over https where it has a certificate."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fake.asked.append((self.path, dict(self.headers)))
            fake.answer(self)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    fake = FakeArchive(server.server_address[1], "http" if tls is None else "https")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.gone.set()
        server.shutdown()
        thread.join()
        server.server_close()


def status(number: int, **headers: str) -> Answer:
    """An answer without a body; ``_`` of a header's name is a dash."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(number)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


def body(
    data: bytes, kind: str = "application/dicom+json", *, length: int | None = None, **headers: str
) -> Answer:
    """An answer with a body.

    Args:
        data: what it is.
        kind: what it says that it is.
        length: what it says of its length.
        headers: more of them.
    """

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(data) if length is None else length))
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(data)

    return answer
