"""Workplaces whose site sends to an archive, and signed images to be sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydicom.dataset import Dataset
from sqlalchemy import text

from app.domain.archives.archive import Archive
from app.domain.sending.answer import StoreAnswer
from app.domain.sending.rule import SendingRule
from app.services.workplace import Workplace
from tests.app.services.dicom_out.reads import image_file, sign, taken_in
from tests.app.services.workplaces import FakePool

NOWHERE = Archive(
    "main", *(3 * ["http://127.0.0.1:9/dicom-web"])
)  # nothing listens on the port "discard"


def sending_to(workplace: Workplace, *archives: Archive, **rule: Any) -> Workplace:
    """The same workplace under a site's rule that sends to these archives."""
    names = tuple(archive.name for archive in archives)
    settings = replace(
        workplace.settings, archives=archives, sending=SendingRule(archives=names, **rule)
    )
    return replace(workplace, settings=settings)


def signed(workplace: Workplace, pool: FakePool, data: bytes | None = None) -> str:
    """A case that somebody signed."""
    case_id = taken_in(workplace, pool, image_file("dx") if data is None else data)
    sign(workplace, case_id)
    return case_id


def make_due(workplace: Workplace) -> None:
    """Let what waits be due now, as if its time had passed by the database's clock."""
    with workplace.store.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET next_at = '2026-01-01 00:00:00.000000'"))


@dataclass
class FakeStore:
    """Takes everything, unless it is told what to answer."""

    answer: Callable[[Sequence[Dataset]], StoreAnswer] = lambda objects: all_stored(objects)
    got: list[Dataset] = field(default_factory=list)

    def __call__(
        self, archive: Archive, objects: Sequence[Dataset], *, stop: Callable[[], bool]
    ) -> StoreAnswer:
        said = self.answer(objects)
        self.got += objects
        return said


def all_stored(objects: Sequence[Dataset]) -> StoreAnswer:
    return StoreAnswer(frozenset(str(one.SOPInstanceUID) for one in objects))
