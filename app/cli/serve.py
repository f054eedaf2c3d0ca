"""The server with its worker: what ``python -m app`` does without a command."""

from __future__ import annotations

import logging
import os
import signal
from contextlib import closing, suppress
from types import FrameType

from app import bootstrap
from app.cli.database import bring_up_to_date
from app.runtime.folder_lock import FolderLock, Taken
from app.settings import Settings
from app.store.errors import readable_errors
from app.store.files.blobs import Blobs

log = logging.getLogger(__name__)
LEAVING = 10.0  # seconds that a worker may take to leave after its server is gone


def serve(settings: Settings) -> int:
    """Migrate, add the demo cases, and run workers and server until they are told to stop."""
    from app.runtime.supervisor import supervised

    _leave_cleanly_on_sigterm()
    host = f"[{settings.address}]" if ":" in settings.address else settings.address
    url = f"http://{host}:{settings.port}"
    with FolderLock(settings.server_lock, note=f"{url}, process {os.getpid()}"):
        bring_up_to_date(settings)
        remove_half_written(settings)
        _add_demo_cases(settings)
        with supervised(settings.workers):
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


def remove_half_written(settings: Settings) -> None:
    """Remove what a kill left half-written among the originals, however young it is.

    Where the worker of a server that was killed has not left yet, or images are received, files
    stay for another start. Where workers of other machines may be writing some, only what is hours
    old is removed.
    """
    removed = 0
    if settings.is_shared:
        removed = Blobs(settings.blob_root).clear_staging()
    else:
        with (
            suppress(Taken),
            FolderLock(settings.worker_lock, patience=LEAVING),
            FolderLock(settings.receiver_lock),
            readable_errors(),
        ):
            removed = Blobs(settings.blob_root).clear_staging(older_than=0.0)
    if removed:
        log.warning("%d files that an earlier run left half-written were removed", removed)


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
