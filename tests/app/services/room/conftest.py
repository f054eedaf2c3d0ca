"""A workplace whose images are opened in the reading room, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.domain.cases import Sheet
from app.domain.explanations import Tier
from app.domain.room.sheet import MapOffer, RoomSheet
from app.services import explanations, review
from app.services.inference import queue
from app.services.room.opening import open_room
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.room.pools import FullPool
from tests.app.services.workplaces import make_workplace, png


@dataclass
class Room:
    """One image in the room, and the worker beside it."""

    workplace: Workplace
    pool: FullPool
    case_id: str = ""

    def add(self, data: bytes | None = None, *, level: int = 200, name: str = "bright.png") -> Room:
        """Take an image in, and let the worker read it."""
        taken = intake.add(self.workplace, data or png(level=level), name=name)
        self.case_id = str(taken.case_id)
        return self.work()

    def work(self) -> Room:
        """The worker does all that waits."""
        queue.run_pending(self.workplace, self.pool)
        return self

    def step(self) -> Room:
        """The worker does one piece of work."""
        assert queue.run_next(self.workplace, self.pool)
        return self

    def explain(self, node: str = "class:finding", tier: Tier = "standard") -> Room:
        """Ask for a heatmap."""
        explanations.request(self.workplace, self.case_id, node=node, tier=tier)
        return self

    def open(self, **named: Any) -> RoomSheet:
        """What the room shows."""
        return open_room(self.workplace, self.case_id, **named)

    def maps(self, **named: Any) -> dict[str, MapOffer]:
        """The heatmaps that it offers, by their names."""
        return {offer.id: offer for offer in self.open(**named).maps}

    @property
    def sheet(self) -> Sheet:
        """What all of it is made from."""
        return review.open_case(self.workplace, self.case_id)


@pytest.fixture
def workplace(empty_sqlite: Path, tmp_path: Path, assets: Path) -> Iterator[Workplace]:
    """An empty workplace with two models."""
    opened = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    yield opened
    opened.close()


@pytest.fixture
def pool() -> FullPool:
    """Model work without torch."""
    return FullPool()


@pytest.fixture
def room(workplace: Workplace, pool: FullPool) -> Room:
    """The room, without an image."""
    return Room(workplace, pool)


@pytest.fixture
def read(room: Room) -> Room:
    """A bright image, predicted."""
    return room.add()
