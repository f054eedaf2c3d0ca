"""Every service, route and page, as each role and as nobody; what has no decision fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_app import create_streamlit_routes

from app.domain.actors import NOBODY, ROLES_WITH, Actor, Permission
from app.domain.errors import Forbidden
from app.domain.permissions import ANYBODY, DECISION
from app.server.entrance import OPEN
from app.server.routes.api import own_routes
from app.server.security import Guard
from app.services import annotations
from app.services.downloads import offering
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from app.views.shared.navigation import PAGES
from tests.app.asking import ask
from tests.app.role_walk import ACTORS, asked_by_pages, behind_the_services, use_cases
from tests.app.server.servers import echo, let_in
from tests.app.services.workplaces import make_workplace, png
from tests.paths import ROOT

USE_CASES = use_cases()
SIGNED_IN = "signed in"
BODY = b'{"files": 1, "size": 1, "ids": [], "revision": 0}'
ROUTES: dict[str, Permission | str] = {
    "/api/pixels/{case}/{frame:int}": "see cases",
    "/api/thumbnail/{case}": "see cases",
    "/api/heatmap/{explanation}": "see cases",
    "/api/instant-map/{case}/{frame:int}/{model}/{number:int}": "see cases",
    "/api/gallery/{model}/{prototype}/{number:int}": "see cases",
    "/api/gallery/{model}/{prototype}/{number:int}/heatmap": "see cases",
    "/api/gallery/{model}/{prototype}/{number:int}/own-map": "see cases",
    "/api/gallery/{model}/{prototype}/{number:int}/pixels": "see cases",
    "/api/gallery/{model}/{prototype}/{number:int}/map": "see cases",
    "/api/nearest/{model}/{prototype}/{number:int}": "see cases",
    "/api/nearest/{model}/{prototype}/{number:int}/map": "see cases",
    "/api/own-map/{case}/{frame:int}/{model}/{prototype}/map": "see cases",
    "/api/files/{key}": "export",  # and to the person alone on whose page it is offered
    "/api/viewer/{digest}/{name}": SIGNED_IN,  # the viewer's own code
    "/api/uploads": "add images",
    "/api/uploads/check": "add images",
    "/api/uploads/drop": "add images",
    "/api/room/sheet/{case}/{frame:int}": "see cases",
    "/api/room/queue/{case}": "see cases",
    "/api/room/report/{case}/{frame:int}": "export",
    "/api/room/dicom/{case}/{frame:int}": "export",
    "/api/room/preferences": "see cases",
    "/api/room/draft/{case}/{frame:int}": "sign",
    "/api/room/discard/{case}/{frame:int}": "sign",
    "/api/room/sign/{case}/{frame:int}": "sign",
    "/api/room/lock/{case}/{frame:int}": "sign",
    "/api/room/claim/{case}": "sign",
    "/api/room/release/{case}": "sign",
    "/api/room/explain/{case}/{frame:int}": "see cases",
    "/api/room/cancel/{job}": "see cases",
    "/api/room/retry/{case}/{frame:int}": "see cases",
    "/api/room/model/{case}": "sign",
    "/api/room/follow-site/{case}": "sign",
    "/api/room/send/{case}/{frame:int}": "send",
    "/api/room/sending/{sending}/retry": "send",
    "/api/room/sending/{sending}/cancel": "send",
    "/api/room/delete/{case}": "delete",
    "/api/room/try/{case}/{frame:int}": "see cases",
    "/api/room/try/{id}": "see cases",
    "/api/room/try/{id}/cancel": "see cases",
    "/api/v1/models": "see models",
    "/api/v1/cases": "see cases",  # and to send one: add images
    "/api/v1/cases/{case}": "see cases",
    "/api/v1/cases/{case}/frames/{frame:int}/prediction": "see cases",
    "/api/v1/cases/{case}/frames/{frame:int}/explanations": "see cases",
    "/api/v1/jobs/{job}": "see cases",
    "/api/v1/explanations/{explanation}/heatmap": "see cases",
    "/api/v1/cases/{case}/frames/{frame:int}/annotations": "see cases",  # and to sign: sign
    "/api/v1/annotations": "see cases",
    "/api/v1/openapi.json": "see models",
    "/api/v1/{rest:path}": SIGNED_IN,  # there is nothing else
}
"""What each route of ours takes."""
OF_STREAMLIT = {
    "/_stcore/health": "everybody",
    "/_stcore/stream": SIGNED_IN,  # the pages' websocket, asked again at every message
    "/_stcore/host-config": SIGNED_IN,  # what the page's own code may do
    "/_stcore/bidi-components/{path:path}": SIGNED_IN,  # code and styles of components
    "/component/{path:path}": SIGNED_IN,  # the same of older components
    "": SIGNED_IN,  # Streamlit's code, styles and fonts
    "/media/{file_id:path}": "closed",
    "/_stcore/upload_file/{session_id}/{file_id}": "closed",
    "/_stcore/metrics": "closed",
    "/_stcore/agent/interact": "closed",
    "/_stcore/agent/openapi.json": "closed",
    "/_stcore/agent/mcp": "closed",
    "/auth/login": "closed",
    "/auth/logout": "closed",
    "/oauth2callback": "closed",
}
"""Every other route of the server, and who gets it; none of them has anything of a case."""


@pytest.fixture
def workplace(tmp_path: Path, assets: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    opened = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    yield opened
    opened.close()


@dataclass(frozen=True)
class Empty:
    """A workplace with nothing in it but who asks."""

    actor: Actor


@pytest.mark.parametrize("name", USE_CASES)
def test_every_service_says_who_may_use_it(name: str) -> None:
    decision = getattr(USE_CASES[name], DECISION, "undecided")
    assert decision is None or decision == ANYBODY or decision in ROLES_WITH, (
        f"{name} has no decision: put @needs(permission) or @within above it"
    )


def test_what_anybody_may_ask_for_is_signing_in_and_out_alone() -> None:
    free = {name for name, case in USE_CASES.items() if getattr(case, DECISION) == ANYBODY}
    assert {name.removeprefix("app.services.accounts.") for name in free} == {
        "api_tokens.whose",
        "identity.actor_of",
        "outside.sign_in",
        "sessions.account_of",
        "sessions.end",
        "sign_in.change_password",
        "sign_in.link_account",
        "sign_in.set_by_link",
        "sign_in.sign_in",
    }


def test_the_walk_finds_the_services() -> None:
    for name in (
        "review.signing.sign",
        "image_data.image",
        "galleries.picture",
        "annotations.export",
    ):
        assert getattr(USE_CASES[f"app.services.{name}"], DECISION)
    assert len(USE_CASES) > 100


@pytest.mark.parametrize("who", ACTORS)
def test_a_service_refuses_whom_the_table_does_not_name(who: str) -> None:
    actor = ACTORS[who]
    for name, use_case in USE_CASES.items():
        permission = getattr(use_case, DECISION)
        if permission is None or permission == ANYBODY:
            continue
        if actor.may(permission):
            assert not refuses(use_case, actor), name
        else:
            assert refuses(use_case, actor), name


def refuses(use_case: Callable[..., Any], actor: Actor) -> bool:
    """Before it looks at what it was given, which is nothing."""
    try:
        use_case(Empty(actor))
    except Forbidden:
        return True
    except (TypeError, AttributeError):  # it would have begun
        return False
    return False


def test_pages_and_routes_ask_services_that_decide_and_nothing_behind_them() -> None:
    for place, value in asked_by_pages():
        assert getattr(value, DECISION, "no use case") is not None, (place, value)
    assert behind_the_services() == []


def test_every_route_has_its_line(workplace: Workplace) -> None:
    assert {route.path for route in own_routes(lambda: workplace)} == set(ROUTES)


def test_every_route_of_streamlit_is_closed_or_has_nothing_of_a_case() -> None:
    there = {getattr(route, "path", "") for route in create_streamlit_routes(MagicMock())}
    assert there == set(OF_STREAMLIT)
    guard = Guard(echo, hosts=None)
    for path, who in OF_STREAMLIT.items():
        status = ask(guard, re.sub(r"{[^}]*}", "0", path) or "/")[0]
        assert status == (404 if who == "closed" else 200), path
        assert (who == "everybody") == (path in OPEN)


def test_a_download_is_for_the_person_on_whose_page_it_is_offered(workplace: Workplace) -> None:
    ann, ben = (Actor(name, "reader", frozenset({"lead"})) for name in ("Ann", "Ben"))
    path = offering.address(workplace.of(ann), annotations.export, name="ä.csv", kind="text/csv")

    def got(actor: Actor) -> tuple[int, dict[str, str], bytes]:
        routes = own_routes(lambda: workplace)
        return ask(Starlette(routes=routes, middleware=[Middleware(let_in(actor))]), path)

    status, headers, body = got(ann)
    assert (status, body[:6]) == (200, b"case,f")
    assert headers["content-disposition"] == "attachment; filename*=utf-8''%C3%A4.csv"
    assert got(ben)[0] == 404
    assert got(replace(ann, roles=frozenset({"reader"})))[0] == 403  # her roles were taken
    assert got(NOBODY)[0] == 403


@pytest.mark.parametrize("who", ACTORS)
def test_a_route_refuses_whom_the_table_does_not_name(who: str, workplace: Workplace) -> None:
    actor = ACTORS[who]
    case = intake.add(workplace, png(1), name="image.png").case_id
    routes = own_routes(lambda: workplace)
    app = Starlette(routes=routes, middleware=[Middleware(let_in(actor))])
    token = workplace.uploads.open()
    for route in routes:
        takes = ROUTES[route.path]
        if takes == SIGNED_IN:  # the entrance's part
            continue
        status, _, body = asked(app, route, case or "", token)
        permission = next(name for name in ROLES_WITH if name == takes)
        assert (status == 403) == (not actor.may(permission)), (route.path, status, body)
        if status == 403:
            assert b"not signed in" in body or b"roles do not allow" in body


def asked(app: Any, route: Route, case: str, token: str) -> tuple[int, dict[str, str], bytes]:
    values = {"case": case, "frame": "0", "number": "0", "model": "0" * 64, "prototype": "p00"}
    path = re.sub(r"{(\w+)(:int)?}", lambda m: values.get(m[1], "0" * 16), route.path)
    (method,) = (route.methods or set()) - {"HEAD"}
    return ask(app, path, method=method, headers={"x-upload-token": token}, body=(BODY,))


def test_every_page_has_its_line() -> None:
    folders = {path.parent.name for path in (ROOT / "app" / "views").glob("*/page.py")}
    assert folders == {folder for folder, *_ in PAGES}


@pytest.mark.parametrize("who", ACTORS)
def test_a_page_shows_nothing_to_whom_the_table_does_not_name(
    who: str, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = ACTORS[who]
    intake.add(workplace, png(1), name="image of somebody.png")
    monkeypatch.setattr("app.views.shared.workplace.shared_workplace", lambda settings: workplace)
    monkeypatch.setattr("app.views.shared.workplace.page_actor", lambda shared: actor)
    for folder, _, _, permission in PAGES:
        # The page's own file, as if the navigation had let somebody come this far.
        page = AppTest.from_file(str(ROOT / "app" / "views" / folder / "page.py")).run(timeout=20)
        refusals = [*page.exception, *page.error]
        assert bool(refusals) == (not actor.may(permission)), (folder, refusals)
        if refusals:
            said = " ".join(str(part.value) for part in refusals)
            assert "not signed in" in said or "roles do not allow" in said
            shown = " ".join(str(p.value) for p in (*page.markdown, *page.text, *page.caption))
            assert "image of somebody" not in shown
            assert not [b for b in page.button if not b.disabled]
