"""A process that sends as a worker does, and dies after the archive's answer, before it writes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pydicom.dataset import Dataset

from app.domain.archives.archive import Archive, Credentials
from app.domain.sending.answer import StoreAnswer
from app.services.sending import delivering, stow
from app.settings import Settings
from tests.app.services.sending.outboxes import NOWHERE, sending_to
from tests.app.services.workplaces import make_workplace
from tests.orthanc import PASSWORD, USER


def die_after_storing(data: Path, database_url: str, port: int, assets: Path) -> None:
    """Send what is due to the archive on this port, and be killed."""
    address = f"http://127.0.0.1:{port}/dicom-web"
    archive = replace(NOWHERE, store=address, credentials=Credentials(USER, PASSWORD))
    workplace = sending_to(
        make_workplace(Settings(data, database_url=database_url, assets=assets)), archive
    )

    def store(
        archive: Archive, objects: Sequence[Dataset], *, stop: Callable[[], bool]
    ) -> StoreAnswer:
        stow.store(archive, objects, stop=stop)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("it lives")

    delivering.send_next(workplace, store=store)
