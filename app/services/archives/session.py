"""An HTTP session with one archive that trusts it with nothing: no redirect is followed, no answer
is larger or slower than allowed, and nothing of the system's settings is sent along."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import requests
from requests.auth import HTTPBasicAuth

from app.domain.archives.archive import Archive
from app.services.archives.errors import BadAnswer, Unreachable, of_status
from dprotonet.errors import Cancelled

SLOWEST = 32 * 1024  # bytes a second that an answer has to reach on the whole, after its timeout
PIECE = 1 << 18  # bytes


class BoundedSession(requests.Session):
    """Requests to one archive.

    Args:
        archive: whose credentials and certificates are used.
        most: bytes of one answer, unpacked.
        stop: asked between two pieces of an answer whether nobody waits for it.
    """

    def __init__(
        self, archive: Archive, *, most: int, stop: Callable[[], bool] = lambda: False
    ) -> None:
        super().__init__()
        self._archive, self._most, self._stop = archive, most, stop
        self.trust_env = False  # neither ~/.netrc nor a proxy of the environment
        self.verify = str(archive.ca_file) if archive.ca_file else True
        known = archive.credentials
        if known is not None and known.user:
            # In UTF-8 (RFC 7617 section 2.1), which requests does with bytes alone.
            self.auth = HTTPBasicAuth(known.user.encode(), known.secret.encode())
        elif known is not None:
            self.headers["Authorization"] = f"Bearer {known.secret}"

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """As requests does, within the bounds.

        Raises:
            ArchiveError: it sends on, or its answer is out of bounds.
            Cancelled: nobody waits for the answer.
        """
        whole = not options.get("stream")
        # The client names the host without its port, which a proxy may not know.
        request.headers.pop("Host", None)
        response = super().send(request, **{**options, "stream": True, "allow_redirects": False})
        if 300 <= response.status_code < 400:
            response.close()
            raise of_status(self._archive.name, response.status_code)
        pieces = self._bounded(response)
        if whole:
            # Where requests itself keeps what it has read.
            response._content = b"".join(pieces)
        else:
            response.iter_content = lambda *_, **__: pieces  # type: ignore[method-assign]
        return response

    def _bounded(self, response: requests.Response) -> Iterator[bytes]:
        name, size, began = self._archive.name, 0, time.monotonic()
        with response:
            # Each piece as it comes: iter_content waits for a full one, however long that takes.
            while piece := response.raw.read1(PIECE, decode_content=True):
                size += len(piece)
                if size > self._most:
                    raise BadAnswer(
                        f"The archive {name} answers with more than {self._most // 2**20} MiB, "
                        "which is not taken. Ask for less at once."
                    )
                late = time.monotonic() - began - self._archive.timeout
                if late > 0 and size < SLOWEST * late:
                    raise Unreachable(
                        f"The archive {name} sends too slowly to go on with. Try again later."
                    )
                if self._stop():
                    raise Cancelled
                yield piece
