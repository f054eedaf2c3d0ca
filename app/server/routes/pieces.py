"""The body of a request that is a file, as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request

PIECE = 1 << 20  # bytes gathered before they are handed on


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """The bytes in pieces that are worth a write each; a body is never in memory as a whole.

    Raises:
        ClientDisconnect: the sender went away.
    """
    gathered = bytearray()
    async for chunk in request.stream():
        gathered += chunk
        if len(gathered) >= PIECE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)
