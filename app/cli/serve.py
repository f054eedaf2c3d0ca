"""The server with its worker: what ``python -m app`` does without a command."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from types import FrameType

from app import bootstrap
from app.cli.database import bring_up_to_date
from app.runtime.folder_lock import FolderLock
from app.settings import Settings


def serve(settings: Settings) -> int:
    """Migrate, add the demo cases, and run worker and server until they are told to stop."""
    from app.runtime.supervisor import Supervisor

    _leave_cleanly_on_sigterm()
    host = f"[{settings.address}]" if ":" in settings.address else settings.address
    url = f"http://{host}:{settings.port}"
    with FolderLock(settings.server_lock, note=f"{url}, process {os.getpid()}"):
        bring_up_to_date(settings)
        _add_demo_cases(settings)
        with Supervisor():
            from app.server.asgi import serve
            from app.server.launch import address_with, new_token, written_address

            token = settings.launch_token or new_token()
            if settings.sign_in == "accounts":
                print(f"DProtoNet Review: {settings.public_address}", flush=True)
                _offer_first_link(settings)
                serve(settings, token=token)
                return 0
            name = "localhost" if host == "127.0.0.1" else host
            address = address_with(token, port=settings.port, host=name)
            with written_address(settings.address_file, address):
                print(f"DProtoNet Review: {address}", flush=True)
                serve(settings, token=token)
    return 0


def _offer_first_link(settings: Settings) -> None:
    from app.services.accounts import users

    with closing(bootstrap.open_workplace(settings)) as workplace:
        link = users.first_link(workplace)
    if link is not None:
        print("There is no user yet. Whoever opens this address becomes the first administrator:")
        print(users.link_address(link, base=settings.public_address), flush=True)


def _add_demo_cases(settings: Settings) -> None:
    from app.services.demo import add_demo_cases

    with closing(bootstrap.open_workplace(settings)) as workplace:
        add_demo_cases(workplace)


def _leave_cleanly_on_sigterm() -> None:
    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
