"""Ready: the database answers, there is room, the worker lives; each fault has its sentence."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.domain.errors import Unavailable
from app.server.operations.health import is_ready, readiness
from app.services.inference import workers
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.workplaces import make_workplace


@pytest.fixture
def workplace(tmp_path: Path, assets: Path, empty_sqlite: Path) -> Iterator[Workplace]:
    opened = make_workplace(Settings(tmp_path / "data", assets=assets), database=empty_sqlite)
    workers.worker_mark(opened).touch()
    yield opened
    opened.close()


def test_all_is_well(workplace: Workplace) -> None:
    found = readiness(lambda: workplace)
    assert found == {"database": "ok", "disk": "ok", "worker": "ok"} and is_ready(found)


def test_a_worker_that_is_gone(workplace: Workplace) -> None:
    workers.worker_mark(workplace).unlink()
    found = readiness(lambda: workplace)
    assert "no sign of life" in found["worker"] and not is_ready(found)


def test_a_full_disk(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=3 << 20))
    found = readiness(lambda: workplace)
    assert found["disk"].startswith("3 MB are free") and not is_ready(found)


def test_a_database_that_is_away_is_told_without_its_address() -> None:
    def away() -> Workplace:
        raise Unavailable("postgresql://reader:secret@host/db is away")

    found = readiness(away)
    assert list(found) == ["database"] and "secret" not in found["database"]
    assert not is_ready(found)
