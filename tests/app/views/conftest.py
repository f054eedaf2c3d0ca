"""The pages in this process, without a browser: uploads, presses and what is then to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.domain.explanations import Tier
from app.services.inference import queue
from app.services.workplace import Workplace
from app.settings import Settings
from app.store.migrate import upgrade
from tests.app.services.workplaces import START, FakePool, assets, make_workplace, png
from tests.app.views.screen import MAIN, Screen

__all__ = ["assets"]


@pytest.fixture
def workplace(tmp_path: Path, assets: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    """The workplace that all pages of a test see."""
    images = tmp_path / "images"
    images.mkdir()
    settings = Settings(tmp_path / "data", assets=assets, folders=(images,))
    found = make_workplace(settings)
    upgrade(settings.store_url, backups=settings.backups, now=START)
    monkeypatch.setattr("app.views.shared.workplace.shared_workplace", lambda settings: found)
    yield found
    found.close()


class FullPool(FakePool):
    """As the fake one, with every figure that the library measures."""

    def __init__(self) -> None:
        super().__init__()
        self.measured: dict[Tier, dict[str, object]] = {}
        """What differs, by tier."""
        self.peaks: dict[Tier, tuple[float, float]] = {}
        self.outside_body: float | None = None

    def explain(self, *args: object, **named: object) -> queue.Explained:
        made = super().explain(*args, **named)  # type: ignore[arg-type]
        made.faithfulness.update(  # type: ignore[attr-defined]
            random_insertion_auc=0.4,
            random_deletion_auc=0.4,
            centre_insertion_auc=0.5,
            centre_deletion_auc=0.3,
            hidden_value=0.3,
            random_hidden_value=0.7,
            kept_value=0.75,
            area=0.2,
            steps=6,
            fill="blur",
        )
        made.faithfulness.update(self.measured.get(made.tier, {}))  # type: ignore[attr-defined]
        return replace(made, peak=self.peaks.get(made.tier), outside_body=self.outside_body)


@pytest.fixture
def pool() -> FullPool:
    """Model work without torch."""
    return FullPool()


@pytest.fixture
def worker(workplace: Workplace, pool: FullPool) -> Callable[[], int]:
    """Does all the work that is waiting, as the worker process would."""
    return lambda: queue.run_pending(workplace, pool)


@pytest.fixture
def screen(workplace: Workplace) -> Screen:
    """A browser's stand-in, on the first page."""
    return Screen(AppTest.from_file(str(MAIN), default_timeout=20)).run()


@pytest.fixture
def image(screen: Screen, worker: Callable[[], int]) -> Screen:
    """A bright image, predicted and open."""
    screen.upload(("bright.png", png(level=200)))
    worker()
    return screen.run()
