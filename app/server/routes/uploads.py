"""The routes for uploads: a file is the raw body of a request, written to the spool as it comes.

The guard in front lets only our own pages reach these routes; the token says which of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.domain.errors import Refused
from app.server.entrance import actor_of
from app.server.refusals import NotUnderstood, Statuses, refusal, with_refusals
from app.server.routes.json_body import AGAIN, read_object
from app.server.routes.pieces import received
from app.services.upload_ledger import SessionOver
from app.services.uploading import receiving
from app.services.workplace import Workplace

ROUTE = "/api/uploads"
MOST = 1 << 20  # bytes of a request that is no file
TOO_LONG = "These are too many files for one request. Choose fewer."
STATUSES: Statuses = ((SessionOver, 403), (receiving.NoRoom, 507), (Refused, 413))
Answer = Callable[[Workplace, Request, str], Awaitable[Response]]


def upload_routes(get_workplace: Callable[[], Workplace]) -> list[Route]:
    """Routes to send a file, to ask whether so much may be sent, and to drop what was sent.

    Every request shows its token in ``X-Upload-Token``. A file's name stands in ``X-Upload-Name``,
    UTF-8 and percent-encoded, since a header is ASCII. A refusal is JSON: ``error``, a sentence.
    """

    def route(path: str, answer: Answer) -> Route:
        @with_refusals
        async def endpoint(request: Request) -> Response:
            token = request.headers.get("x-upload-token", "")
            workplace = (await run_in_threadpool(get_workplace)).of(actor_of(request))
            try:
                return await answer(workplace, request, token)
            except Refused as error:
                return _refusal(error)

        return Route(path, endpoint, methods=["POST"])

    return [route(ROUTE, _file), route(f"{ROUTE}/check", _check), route(f"{ROUTE}/drop", _drop)]


async def _file(workplace: Workplace, request: Request, token: str) -> Response:
    name = unquote(request.headers.get("x-upload-name", ""), errors="replace")
    key, size = await received(workplace, request, token, name=name)
    return JSONResponse({"id": key, "size": size})


async def _check(workplace: Workplace, request: Request, token: str) -> Response:
    question = await read_object(request, most=MOST, too_long=TOO_LONG)
    files, size = question.get("files"), question.get("size")
    if not (isinstance(files, int) and isinstance(size, int) and files >= 0 and size >= 0):
        raise NotUnderstood(AGAIN)
    try:
        await run_in_threadpool(lambda: receiving.check(workplace, token, files=files, size=size))
    except Refused as error:  # an answer like another, and no error of the request
        return _refusal(error, ((Refused, 200),))
    return JSONResponse({"ok": True})


async def _drop(workplace: Workplace, request: Request, token: str) -> Response:
    keys = (await read_object(request, most=MOST, too_long=TOO_LONG)).get("ids")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise NotUnderstood(AGAIN)
    await run_in_threadpool(lambda: receiving.drop(workplace, token, keys))
    return JSONResponse({"ok": True})


def _refusal(error: Refused, own: Statuses = STATUSES) -> Response:
    return refusal(error, own, renew=isinstance(error, SessionOver))
