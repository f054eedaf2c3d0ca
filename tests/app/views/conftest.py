"""The pages in this process, without a browser: uploads, presses, and what a reader then reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2.manifest_scanner import scan_component_manifests
from streamlit.testing.v1 import AppTest

from app.services.inference import queue
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.editing.conftest import editable_folder, parent
from tests.app.services.room.pools import FullPool
from tests.app.services.workplaces import make_workplace, png
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
