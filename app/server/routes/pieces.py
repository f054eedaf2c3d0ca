"""The body of a request that is a file, written to the spool as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from app.services.uploading import receiving
from app.services.workplace import Workplace

PIECE = 1 << 20  # bytes gathered before they are written


async def received(
    workplace: Workplace, request: Request, token: str, *, name: str
) -> tuple[str, int]:
    """Receive the file that is a request's body, which is never in memory as a whole.

    Args:
        workplace: where.
        request: whose body is still to come.
        token: of the upload session.
        name: of the file.

    Returns:
        The spool's key of it, and its bytes.

    Raises:
        ClientDisconnect: the sender went away; nothing of the file is left.
        Refused: as :func:`app.services.uploading.receiving.receive`.
    """
    stated = request.headers.get("content-length", "")
    # The first digits of a number that no file has are enough to refuse it.
    size = int(stated[:19]) if stated.isascii() and stated.isdigit() else 0
    with ExitStack() as stack:
        # In a thread, as the pieces: the settings are looked up in the database, and a slow disk or
        # database holds up this file and nobody's page.
        incoming = await run_in_threadpool(
            stack.enter_context, receiving.receive(workplace, token, name=name, size=size)
        )
        async for piece in _pieces(request):
            await run_in_threadpool(incoming.write, piece)
    return incoming.key, incoming.size


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    gathered = bytearray()
    async for chunk in request.stream():
        gathered += chunk
        if len(gathered) >= PIECE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)
