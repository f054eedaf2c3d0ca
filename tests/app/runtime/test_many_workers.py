"""Worker processes without a server on one PostgreSQL: killed at random, nothing is lost."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services import batches
from app.services.workplace import Workplace
from tests.app.runtime.many_workers import faults, kill_while_working, until, working
from tests.app.services.workplaces import make_workplace_with_folder, png
from tests.app.store.postgres import PostgresServer

pytestmark = pytest.mark.postgres
IMAGES = 60
PATIENCE = 90.0  # seconds: a busy machine takes its time to end an interpreter


@pytest.fixture
def workplace(empty_postgres: PostgresServer, assets: Path, tmp_path: Path) -> Iterator[Workplace]:
    name = f"t{uuid.uuid4().hex}"
    empty_postgres.administer(f"CREATE DATABASE {name} TEMPLATE empty")
    url = empty_postgres.url.replace("NAME", name)
    opened = make_workplace_with_folder(tmp_path / "data", url, assets)
    for number in range(IMAGES):
        (opened.settings.folders[0] / f"{number:03d}.png").write_bytes(png(number, side=300))
    yield opened
    opened.close()
    empty_postgres.administer(f"DROP DATABASE {name} WITH (FORCE)")


def test_two_workers_that_are_killed_at_random_read_every_image_once(
    workplace: Workplace, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with working(workplace, 2, log=log) as processes:
        until(lambda: both_live(workplace, processes.pids))  # else one might read all alone
        job = batches.start_folder(workplace, workplace.settings.folders[0])
        state = kill_while_working(workplace, job.job_id, processes, kills=1, seed=3, patience=250)
        assert state.job.state == "done", log.read_text()
        assert faults(workplace, job.job_id, images=IMAGES) == {}
        until(lambda: both_live(workplace, processes.pids))
        # A worker that is told to leave does so within its grace, and takes its sign of life along.
        assert [processes.terminate(index, PATIENCE) for index in (0, 1)] == [0, 0]
        assert not both_live(workplace, processes.pids)
    assert "left by a worker that died" in log.read_text()
    assert ".png" not in log.read_text()


def both_live(workplace: Workplace, pids: list[int]) -> bool:
    with workplace.store.read() as tx:
        return set(pids) <= {one.pid for one in tx.workers.living()}
