"""The pages in this process, without a browser: uploads, presses, and what a reader then reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2.manifest_scanner import scan_component_manifests
from streamlit.testing.v1 import AppTest

from app.domain.explanations import Tier
from app.services.inference import queue
from app.services.workplace import Workplace
from app.settings import Settings
from dprotonet.explain.explanation import Explanation
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.prediction import Prediction, decide
from dprotonet.inference.site_settings import SiteSettings
from tests.app.services.editing.conftest import editable_folder, parent
from tests.app.services.workplaces import FakePool, make_workplace, png
from tests.app.views.screen import MAIN, Screen

__all__ = ["editable_folder", "parent"]


@pytest.fixture(scope="session", autouse=True)
def one_look_for_components() -> Iterator[None]:
    """Streamlit's stand-in for a browser looks through all installed packages for components each
    time that it is made, which takes longer than most of our pages; once is enough."""
    name = "streamlit.components.v2.manifest_scanner.scan_component_manifests"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(name, cache(scan_component_manifests))
        yield


@pytest.fixture
def workplace(
    tmp_path: Path, assets: Path, empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workplace]:
    """The workplace that all pages of a test see."""
    folder = tmp_path / "images"
    folder.mkdir()
    settings = Settings(tmp_path / "data", assets=assets, folders=(folder,))
    opened = make_workplace(settings, database=empty_sqlite)
    monkeypatch.setattr("app.views.shared.workplace.shared_workplace", lambda settings: opened)
    # There is no entrance in front: whoever acts in the workplace looks at the pages.
    monkeypatch.setattr("app.views.shared.workplace.page_actor", lambda shared: shared.actor)
    yield opened
    opened.close()


class FullPool(FakePool):
    """The fake pool with every figure of faithfulness that the library measures."""

    def __init__(self) -> None:
        super().__init__()
        self.measured: dict[Tier, dict[str, object]] = {}
        """Figures that differ, by tier."""
        self.peaks: dict[Tier, tuple[float, float]] = {}
        self.outside_body: float | None = None

    def explain(self, *args: object, **named: object) -> Explanation:
        explanation = super().explain(*args, **named)  # type: ignore[arg-type]
        tier = self.tiers[-1]
        return replace(
            explanation,
            faithfulness=replace(explanation.faithfulness, **self.measured.get(tier, {})),  # type: ignore[arg-type]
            peak=self.peaks.get(tier),
            outside_body=self.outside_body,
        )


class MultiLabelPool(FakePool):
    """A multi-label model: both classes are called above 50 %."""

    def predict(
        self, model: str, image: GrayOrColourImage, *, site: SiteSettings | None = None
    ) -> Prediction:
        probability = float(image.unit().mean())
        probabilities = {"none": 0.6, "finding": probability}
        thresholds = {"none": 0.5, "finding": 0.5}
        return replace(
            super().predict(model, image, site=site),
            label=decide(probabilities, thresholds=thresholds),
            probabilities=probabilities,
            threshold=None,
            thresholds=thresholds,
        )


@pytest.fixture
def pool() -> FullPool:
    """Model work without torch."""
    return FullPool()


@pytest.fixture
def worker(workplace: Workplace, pool: FullPool) -> Callable[[], int]:
    """Does all waiting work, as the worker process would."""
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
