"""Asks the routes for programs as a program does: behind guard and entrance, by a token."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.domain.actors import Actor
from app.server.entrance import Entrance
from app.server.launch import LaunchDoor
from app.server.programs_door import ProgramsDoor, Rates
from app.server.routes.v1.api import program_routes
from app.server.routes.v1.schemas import SCHEMAS
from app.server.security import LOOPBACK_NAMES, PROGRAMS, Guard
from app.server.signed_cookie import SignedCookie
from app.services.workplace import Workplace
from tests.app.asking import ask

LOCAL = Actor("root")
Asked = Callable[..., tuple[int, Any]]


def server(workplace: Workplace, *, rates: Rates | None = None) -> Starlette:
    """The routes as the program puts them up."""
    cookie = SignedCookie(b"0" * 32, port=8501, life=3600)
    door = ProgramsDoor(lambda: workplace, local=LOCAL, rates=rates or Rates(6000, burst=1000))
    return Starlette(
        routes=program_routes(lambda: workplace),
        middleware=[
            Middleware(Guard, hosts=LOOPBACK_NAMES),
            Middleware(
                Entrance,
                door=LaunchDoor("a launch token of some length", cookie=cookie, actor=LOCAL),
                others={PROGRAMS: door},
            ),
        ],
    )


def asking(app: Starlette, token: str) -> Asked:
    """By a token: POST where something is sent, GET otherwise; JSON is read."""

    def asked(
        path: str, sent: object = None, *, body: bytes | None = None, query: str = "", **more: str
    ) -> tuple[int, Any]:
        content = json.dumps(sent).encode() if body is None else body
        is_sent = sent is not None or body is not None
        headers = {"authorization": f"Bearer {token}"} if token else {}
        status, answered, answer = ask(
            app,
            f"{PROGRAMS}{path}",
            method="POST" if is_sent else "GET",
            headers=headers | more,
            body=(content,) if is_sent else (b"",),
            query=query,
        )
        if answered["content-type"] == "application/json":
            return status, json.loads(answer)
        return status, answer

    return asked


def conforms(value: object, name: str) -> None:
    """Fail where an answer is not as the description says."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": dict(SCHEMAS)}}
    jsonschema.validate(value, schema, cls=jsonschema.Draft202012Validator)
