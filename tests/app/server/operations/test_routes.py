"""Who may ask what: /healthz and /readyz are open, /metrics is for the holder of the token."""

import json
from collections.abc import Callable

import pytest
from starlette.applications import Starlette

from app.domain.errors import Unavailable
from app.server.operations.routes import operation_routes
from tests.app.asking import Answer, ask

TOKEN = "0123456789abcdef"


def away() -> None:
    raise Unavailable("gone")


def asked(token: str = "") -> Callable[..., Answer]:
    app = Starlette(routes=operation_routes(away, token))  # type: ignore[arg-type]
    return lambda path, **headers: ask(app, path, headers=headers)


def test_the_process_is_alive_though_its_store_is_away_but_it_is_not_ready() -> None:
    get = asked()
    assert get("/healthz")[0] == 200
    status, _, body = get("/readyz")
    assert status == 503 and set(json.loads(body)) == {"database"}


@pytest.mark.parametrize("given", [{}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}])
def test_figures_are_for_the_holder_of_the_token(given: dict[str, str]) -> None:
    get = asked(TOKEN)
    status, headers, body = get("/metrics", **given)
    assert (status, headers["www-authenticate"]) == (401, "Bearer") and TOKEN not in body.decode()
    status, headers, body = get("/metrics", authorization=f"Bearer {TOKEN}")
    assert status == 200 and headers["content-type"].startswith("text/plain; version=0.0.4")


def test_without_a_token_there_are_no_figures() -> None:
    assert asked()("/metrics")[0] == 404
