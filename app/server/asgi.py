"""The web server: Streamlit's pages, our own routes under /api, and the guard in front.

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

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from app import views
from app.bootstrap import shared_workplace, system_user
from app.domain.actors import Actor
from app.server.accounts_door import AccountsDoor
from app.server.early_fetch import EarlyFetch
from app.server.entrance import HEADER, Door, Entrance
from app.server.launch import LIFE, LaunchDoor
from app.server.oidc import Provider
from app.server.oidc_door import ATTEMPT_LIFE, CALLBACK, OidcDoor
from app.server.operations.requests import Requests, name_requests
from app.server.operations.routes import operation_routes
from app.server.programs_door import ProgramsDoor, Rates
from app.server.prompt_answers import answer_at_once
from app.server.routes.api import own_routes
from app.server.security import LOOPBACK_NAMES, PROGRAMS, Guard
from app.server.signed_cookie import SignedCookie, signing_key
from app.server.theme import theme_options
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.files.spool import Spool

log = logging.getLogger(__name__)
SCRIPT = Path(__file__).parents[1] / "main.py"
EXPIRY_SECONDS = 60.0  # between two looks for abandoned uploads


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
            Middleware(
                Entrance,
                door=door_of(settings, get_workplace, token),
                others={PROGRAMS: programs_door(settings, get_workplace)},
            ),
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


def programs_door(settings: Settings, get_workplace: Callable[[], Workplace]) -> Door:
    """How a program becomes known to this server."""
    return ProgramsDoor(
        get_workplace, local=Actor(system_user()), rates=Rates(settings.api_requests)
    )


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
