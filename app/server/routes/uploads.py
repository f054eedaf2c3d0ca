"""The routes for uploads: a file is the raw body of a request, written to the spool as it comes.

The guard in front lets only our own pages reach these routes; the token says which of them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.domain.errors import Forbidden, Refused
from app.server.entrance import actor_of
from app.services.upload_ledger import SessionOver
from app.services.uploading import receiving
from app.services.workplace import Workplace

ROUTE = "/api/uploads"
PIECE = 1 << 20  # bytes gathered before they are written
MOST_JSON = 1 << 20  # bytes of a request that is no file
Answer = Callable[[Workplace, Request, str], Awaitable[Response]]


def upload_routes(get_workplace: Callable[[], Workplace]) -> list[Route]:
    """Routes to send a file, to ask whether so much may be sent, and to drop what was sent.

    Every request shows its token in ``X-Upload-Token``. A file's name stands in ``X-Upload-Name``,
    UTF-8 and percent-encoded, since a header is ASCII. A refusal is JSON: ``error``, a sentence.
    """

    def route(path: str, answer: Answer) -> Route:
        async def endpoint(request: Request) -> Response:
            token = request.headers.get("x-upload-token", "")
            workplace = (await run_in_threadpool(get_workplace)).of(actor_of(request))
            try:
                return await answer(workplace, request, token)
            except Forbidden as error:
                return JSONResponse({"error": str(error)}, 403)
            except SessionOver as error:
                return JSONResponse(_refusal(error), 403)
            except receiving.NoRoom as error:
                return JSONResponse(_refusal(error), 507)
            except Refused as error:
                return JSONResponse(_refusal(error), 413)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody is there to read it

        return Route(path, endpoint, methods=["POST"])

    return [route(ROUTE, _file), route(f"{ROUTE}/check", _check), route(f"{ROUTE}/drop", _drop)]


async def _file(workplace: Workplace, request: Request, token: str) -> Response:
    name = unquote(request.headers.get("x-upload-name", ""), errors="replace")
    stated = request.headers.get("content-length", "")
    size = int(stated) if stated.isascii() and stated.isdigit() else 0
    with receiving.receive(workplace, token, name=name, size=size) as incoming:
        async for piece in _pieces(request):
            # In a thread: a slow disk holds up this file and nobody's page.
            await run_in_threadpool(incoming.write, piece)
    return JSONResponse({"id": incoming.key, "size": incoming.size})


async def _check(workplace: Workplace, request: Request, token: str) -> Response:
    question = await _json(request)
    files, size = question.get("files"), question.get("size")
    if not (isinstance(files, int) and isinstance(size, int) and files >= 0 and size >= 0):
        return _wrong_request()
    try:
        receiving.check(workplace, token, files=files, size=size)
    except Refused as error:  # an answer like another, and no error of the request
        return JSONResponse(_refusal(error))
    return JSONResponse({"ok": True})


async def _drop(workplace: Workplace, request: Request, token: str) -> Response:
    keys = (await _json(request)).get("ids")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        return _wrong_request()
    await run_in_threadpool(lambda: receiving.drop(workplace, token, keys))
    return JSONResponse({"ok": True})


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    gathered = bytearray()
    async for chunk in request.stream():
        gathered += chunk
        if len(gathered) >= PIECE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


async def _json(request: Request) -> dict[str, object]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_JSON:
            return {}
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _refusal(error: Refused) -> dict[str, object]:
    return {"error": str(error), "renew": isinstance(error, SessionOver)}


def _wrong_request() -> Response:
    return JSONResponse({"error": "This request is not understood. Reload the page."}, 400)
