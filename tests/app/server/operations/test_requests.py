"""Requests: each has an id of ours, is counted by its route, and is logged without ids."""

import logging

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.server.operations.metrics import OF_PROCESS
from app.server.operations.requests import Requests, _name_request
from tests.app.asking import Answer, ask

CASE = "0123456789abcdef"


def answer(request: Request) -> PlainTextResponse:
    logging.getLogger("app.test").warning("at work")
    return PlainTextResponse("ok")


def fail(request: Request) -> PlainTextResponse:
    raise RuntimeError


@pytest.fixture
def app() -> Starlette:
    routes = [Route("/api/pixels/{case}/{frame:int}", answer), Route("/api/broken", fail)]
    return Starlette(routes=routes, middleware=[Middleware(Requests)])


def count(route: str, status: str = "200") -> float:
    labels = {"method": "GET", "route": route, "status": status}
    return OF_PROCESS.get_sample_value("dprotonet_requests_total", labels) or 0.0


def test_each_answer_has_an_id_of_ours(app: Starlette) -> None:
    def asked(path: str) -> Answer:
        return ask(app, path, headers={"x-request-id": "theirs\nINFO forged"})

    ids = {asked(path)[1]["x-request-id"] for path in (f"/api/pixels/{CASE}/1", "/gone", "/gone")}
    assert len(ids) == 3 and all(len(one) == 16 and one.isalnum() for one in ids)


def test_a_request_is_counted_and_logged_by_its_route(
    app: Starlette, caplog: pytest.LogCaptureFixture
) -> None:
    route = "/api/pixels/{case}/{frame}"
    before = count(route)
    caplog.handler.addFilter(_name_request)
    with caplog.at_level(logging.INFO):
        _, headers, _ = ask(app, f"/api/pixels/{CASE}/1")
    assert count(route) == before + 1
    inside, after = caplog.records
    assert inside.message == "at work"
    assert f"GET {route} 200 in" in after.message and CASE not in caplog.text
    assert {r.request for r in caplog.records} == {headers["x-request-id"]}  # type: ignore[attr-defined]


def test_strangers_make_no_more_routes_than_there_are(app: Starlette) -> None:
    before = count("page", "404")
    for number in range(20):
        ask(app, f"/guess-{number}/api")
    assert count("page", "404") == before + 20
    samples = [sample for family in OF_PROCESS.collect() for sample in family.samples]
    assert not any("guess" in sample.labels.get("route", "") for sample in samples)


def test_an_error_counts_as_one(app: Starlette) -> None:
    before = count("/api/broken", "500")
    with pytest.raises(RuntimeError):
        ask(app, "/api/broken")
    assert count("/api/broken", "500") == before + 1
