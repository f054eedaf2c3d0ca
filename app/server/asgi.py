"""The web server: Streamlit's pages, our own routes for pixels and files, and the guard in front.

This process never imports torch: models run in the worker.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import pkgutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from app import views
from app.bootstrap import shared_workplace, system_user
from app.domain.actors import Actor
from app.domain.errors import NotFound
from app.server.accounts_door import AccountsDoor
from app.server.early_fetch import EarlyFetch
from app.server.entrance import HEADER, Door, Entrance, actor_of
from app.server.intervention_routes import intervention_routes
from app.server.launch import LIFE, LaunchDoor
from app.server.oidc import Provider
from app.server.oidc_door import ATTEMPT_LIFE, CALLBACK, OidcDoor
from app.server.operations.requests import Requests, name_requests
from app.server.operations.routes import operation_routes
from app.server.prompt_answers import answer_at_once
from app.server.refusals import refusal
from app.server.room_routes import room_routes
from app.server.security import LOOPBACK_NAMES, Guard
from app.server.signed_cookie import SignedCookie, signing_key
from app.server.theme import theme_options
from app.server.upload_routes import upload_routes
from app.services import galleries, image_data
from app.services.downloads import offering
from app.services.pictures import own_maps
from app.services.worklist import thumbnails
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.files.spool import Spool
from app.viewer.assets import viewer_assets
from app.viewer.colours import coloured_png, heatmap_png
from app.viewer.encoding import pack_heatmap, pack_image, pack_picture
from dprotonet.errors import ReadableError

log = logging.getLogger(__name__)
SCRIPT = Path(__file__).parents[1] / "main.py"
EXPIRY_SECONDS = 60.0  # between two looks for abandoned uploads
Answer = Callable[[Workplace, Request], Response]


def serve(settings: Settings, *, token: str) -> None:
    """Run the server until it is stopped; who has the token is the local reader."""
    load_pages()
    # The sessions that these uploads belonged to ended with the last run.
    removed = Spool(settings.spool).clear()
    if removed:
        log.warning("%d unfinished uploads of an earlier run were removed", removed)
    name_requests()
    answer_at_once()
    make_app(settings, token=token).run(config=streamlit_options(settings))


def load_pages() -> None:
    """Import what pages are drawn with, and never look at it again for garbage.

    Streamlit collects garbage after every run of a page, which takes as long as there are objects:
    with all that is imported, three quarters of the time of a busy server.
    """
    # Before there are threads: plotly takes a half-imported pandas for a whole one, so that of two
    # pages opened right after the start one could fail.
    for module in pkgutil.walk_packages(views.__path__, f"{views.__name__}."):
        if module.name.rsplit(".", 1)[1] != "page":  # a page is a script, which draws
            importlib.import_module(module.name)
    import pandas  # noqa: F401

    gc.collect()
    gc.freeze()


def make_app(settings: Settings, *, token: str) -> st.App:
    """The whole server as an ASGI application."""

    def get_workplace() -> Workplace:
        return shared_workplace(settings)

    guard = Middleware(Guard, hosts=answered_hosts(settings), behind_proxy=settings.behind_proxy)
    return st.App(
        SCRIPT,
        lifespan=lambda app: expiring_uploads(get_workplace),
        routes=[
            *own_routes(get_workplace),
            *operation_routes(get_workplace, settings.metrics_token),
        ],
        middleware=[
            Middleware(Requests),
            guard,
            Middleware(Entrance, door=door_of(settings, get_workplace, token)),
            Middleware(EarlyFetch),
        ],
    )


def door_of(settings: Settings, get_workplace: Callable[[], Workplace], token: str) -> Door:
    """How somebody becomes known to this server."""
    key = signing_key(settings.signing_key)
    if settings.sign_in == "accounts":
        life = int(settings.session_life.total_seconds())
        sessions = SignedCookie(key, port=settings.port, life=life)
        if settings.outside is None:
            return AccountsDoor(get_workplace, cookie=sessions)
        return OidcDoor(
            get_workplace,
            cookie=sessions,
            attempts=SignedCookie(
                key, port=settings.port, life=ATTEMPT_LIFE, purpose="attempt", same_site="Lax"
            ),
            provider=Provider(settings.outside, redirect=f"{settings.public_address}{CALLBACK}"),
        )
    cookie = SignedCookie(key, port=settings.port, life=LIFE)
    return LaunchDoor(token, cookie=cookie, actor=Actor(system_user()))


@asynccontextmanager
async def expiring_uploads(get_workplace: Callable[[], Workplace]) -> AsyncIterator[None]:
    """While the server runs: uploads of sessions that were idle for an hour are removed."""

    async def watch() -> None:
        while True:
            await asyncio.sleep(EXPIRY_SECONDS)
            try:
                await run_in_threadpool(lambda: get_workplace().uploads.expire())
            except Exception:
                log.exception("abandoned uploads could not be removed; trying again later")

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


def answered_hosts(settings: Settings) -> frozenset[str] | None:
    """Names under which the server answers; None: all, because a proxy decides."""
    if settings.behind_proxy and not settings.hosts:
        return None
    address = f"[{settings.address}]" if ":" in settings.address else settings.address
    return LOOPBACK_NAMES | {address, *settings.hosts}


def streamlit_options(settings: Settings) -> dict[str, Any]:
    """Streamlit's configuration: local, quiet, and asking no other host for anything."""
    return {
        "browser.gatherUsageStats": False,
        "browser.serverAddress": "localhost" if settings.is_loopback else settings.address,
        "client.allowedOrigins": [],
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",
        "client.toolbarMode": "minimal",
        "server.address": settings.address,
        "server.enableAgentApi": False,
        "server.enableStaticServing": False,
        "server.fileWatcherType": "none",
        "server.headless": True,
        "server.maxUploadSize": 1,  # the least; files come by a route of our own
        "server.port": settings.port,
        "server.showEmailPrompt": False,
        "server.trustedUserHeaders": {HEADER: "session"},
    } | theme_options()


def own_routes(get_workplace: Callable[[], Workplace]) -> list[Route]:
    """Everything under /api."""

    def route(path: str, answer: Answer) -> Route:
        # A plain function: Starlette runs it in a thread, so decoding stops nobody.
        def endpoint(request: Request) -> Response:
            try:
                return answer(get_workplace().of(actor_of(request)), request)
            except ReadableError as error:
                return refusal(error)

        return Route(path, endpoint, methods=["GET"])

    return [
        route("/api/pixels/{case}/{frame:int}", _image),
        route("/api/thumbnail/{case}", _thumbnail),
        route("/api/heatmap/{explanation}", _heatmap),
        route("/api/instant-map/{case}/{frame:int}/{model}/{number:int}", _instant_map),
        route("/api/gallery/{model}/{prototype}/{number:int}", _picture),
        route("/api/gallery/{model}/{prototype}/{number:int}/heatmap", _picture_heatmap),
        route("/api/gallery/{model}/{prototype}/{number:int}/own-map", _picture_own_map),
        route("/api/gallery/{model}/{prototype}/{number:int}/pixels", _picture_pixels),
        route("/api/gallery/{model}/{prototype}/{number:int}/map", _picture_map),
        route("/api/own-map/{case}/{frame:int}/{model}/{prototype}", _own_map),
        route("/api/own-map/{case}/{frame:int}/{model}/{prototype}/map", _own_map_values),
        route(f"{offering.ROUTE}/{{key}}", _file),
        Route("/api/viewer/{digest}/{name}", _module, methods=["GET"]),
        *upload_routes(get_workplace),
        *room_routes(get_workplace),
        *intervention_routes(get_workplace),
    ]


def _image(workplace: Workplace, request: Request) -> Response:
    case, frame = request.path_params["case"], request.path_params["frame"]
    return _samples(pack_image(image_data.image(workplace, case, frame=frame)))


def _thumbnail(workplace: Workplace, request: Request) -> Response:
    content = thumbnails.thumbnail(workplace, request.path_params["case"])
    return Response(content, media_type="image/jpeg")


def _heatmap(workplace: Workplace, request: Request) -> Response:
    heatmap = image_data.heatmap(workplace, request.path_params["explanation"])
    return _samples(pack_heatmap(heatmap))


def _instant_map(workplace: Workplace, request: Request) -> Response:
    parts = request.path_params
    heatmap = image_data.instant_map(
        workplace,
        parts["case"],
        frame=parts["frame"],
        model=parts["model"],
        number=parts["number"],
    )
    return _samples(pack_heatmap(heatmap))


def _samples(content: bytes) -> Response:
    # Named identity, so that no time goes into compressing what stays on this machine.
    return Response(
        content,
        media_type="application/octet-stream",
        headers={"Content-Encoding": "identity"},
    )


def _picture(workplace: Workplace, request: Request) -> Response:
    return FileResponse(_gallery_file(workplace, request, heatmap=False))


def _picture_heatmap(workplace: Workplace, request: Request) -> Response:
    heatmap = _gallery_file(workplace, request, heatmap=True)
    try:
        picture = _gallery_file(workplace, request, heatmap=False)
    except NotFound:
        picture = None
    return Response(heatmap_png(heatmap, picture), media_type="image/png")


def _picture_own_map(workplace: Workplace, request: Request) -> Response:
    parts = request.path_params
    values, picture = own_maps.of_source(
        workplace, parts["model"], prototype=parts["prototype"], number=parts["number"]
    )
    return Response(coloured_png(values, picture), media_type="image/png")


def _picture_pixels(workplace: Workplace, request: Request) -> Response:
    return _samples(pack_picture(_gallery_file(workplace, request, heatmap=False)))


def _picture_map(workplace: Workplace, request: Request) -> Response:
    parts = request.path_params
    values = own_maps.values_of_source(
        workplace, parts["model"], prototype=parts["prototype"], number=parts["number"]
    )
    return _samples(pack_heatmap(values))


def _own_map_values(workplace: Workplace, request: Request) -> Response:
    parts = request.path_params
    values = own_maps.values(
        workplace,
        parts["case"],
        frame=parts["frame"],
        model=parts["model"],
        prototype=parts["prototype"],
    )
    return _samples(pack_heatmap(values))


def _own_map(workplace: Workplace, request: Request) -> Response:
    parts = request.path_params
    values, picture = own_maps.own_map(
        workplace,
        parts["case"],
        frame=parts["frame"],
        model=parts["model"],
        prototype=parts["prototype"],
    )
    return Response(coloured_png(values, picture), media_type="image/png")


def _file(workplace: Workplace, request: Request) -> Response:
    offer, content = offering.made(workplace, request.path_params["key"])
    return Response(
        content,
        media_type=offer.kind,
        headers={"Content-Disposition": f"attachment; filename*=utf-8''{quote(offer.name)}"},
    )


def _gallery_file(workplace: Workplace, request: Request, *, heatmap: bool) -> Path:
    parts = request.path_params
    return galleries.picture(
        workplace,
        parts["model"],
        prototype=parts["prototype"],
        number=parts["number"],
        heatmap=heatmap,
    )


async def _module(request: Request) -> Response:
    assets = viewer_assets()
    content = assets.modules.get(request.path_params["name"])
    if content is None or request.path_params["digest"] != assets.digest:
        return JSONResponse({"error": "There is no such file. Reload the page."}, 404)
    return Response(content, media_type="text/javascript")
