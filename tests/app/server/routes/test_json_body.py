"""A body is read up to its limit, and only what every database can keep is let in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.server.refusals import with_refusals
from app.server.routes.json_body import AGAIN, read_object
from tests.app.asking import ask

MOST = 64
TOO_LONG = "This is too much. Send less."


def posted(*body: bytes | None) -> tuple[int, Any]:
    """What a route answers that gives back what it was sent."""

    @with_refusals
    async def endpoint(request: Request) -> Response:
        return JSONResponse(await read_object(request, most=MOST, too_long=TOO_LONG))

    app = Starlette(routes=[Route("/", endpoint, methods=["POST"])])
    status, _, answer = ask(app, "/", method="POST", body=body)
    return status, json.loads(answer) if answer else None


def test_an_object_comes_whole_however_it_was_cut() -> None:
    assert posted(b'{"a": [1, "\xc3', b'\xa4"]}') == (200, {"a": [1, "ä"]})
    assert posted(b"") == (200, {})


@pytest.mark.parametrize(
    "body",
    [
        *(b"{", b"[]", b'"text"', b"null", b"3", b"\xff\xfe", b"[" * MOST),
        *(b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\\u0000"}', b'{"\\u0000": 1}'),
        *(b'{"a": "\\ud800"}', b'{"\\udfff": 1}'),
    ],
)
def test_what_is_no_object_or_cannot_be_kept_is_not_understood(body: bytes) -> None:
    assert posted(body) == (400, {"error": AGAIN})


def test_an_object_as_long_as_it_may_be_is_read_and_a_longer_one_is_said_to_be_too_long() -> None:
    full = b'{"a": "' + b"x" * (MOST - 9) + b'"}'
    assert len(full) == MOST and posted(full)[0] == 200
    assert posted(full, b" ") == (413, {"error": TOO_LONG})


def test_a_body_nested_beyond_reading_is_not_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.MOST", 1 << 20)
    assert posted(b'{"a": ' + b"[" * 200_000) == (400, {"error": AGAIN})


def test_a_browser_that_goes_away_is_answered_without_a_word() -> None:
    assert posted(b'{"a": ', None) == (400, None)
