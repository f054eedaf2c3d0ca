"""New files of a watched folder become batches, each once, and stay where they are."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.services import batches, models
from app.services.inference import queue
from app.services.uploading import intake
from app.services.watching import looking
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.workplaces import FakePool, make_workplace, png


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    """The folder."""
    folder = tmp_path / "incoming"
    folder.mkdir()
    return folder


@pytest.fixture
def workplace(
    tmp_path: Path, assets: Path, empty_sqlite: Path, watched: Path
) -> Iterator[Workplace]:
    """A workplace that watches it, each second."""
    settings = Settings(
        tmp_path / "data", assets=assets, folders=(watched,), watched=(watched,), watch_seconds=1
    )
    opened = make_workplace(settings, database=empty_sqlite)
    yield opened
    opened.close()


def look(workplace: Workplace, seconds: int) -> int:
    """A look, so many seconds from now."""
    now = workplace.clock() + timedelta(seconds=seconds)
    return looking.look_around(replace(workplace, clock=lambda: now))


def files_of(workplace: Workplace) -> list[list[str]]:
    """The names of each batch's files, oldest batch first."""
    known = reversed(batches.batches(workplace))
    return [[row.name for row in batches.rows(workplace, one.job.job_id).rows] for one in known]


def test_a_file_that_stopped_growing_is_read_once_and_stays(
    workplace: Workplace, watched: Path
) -> None:
    growing = watched / "a.png"
    growing.write_bytes(png(1)[:50])
    assert look(workplace, 10) == 0
    growing.write_bytes(png(1))
    assert [look(workplace, 20), look(workplace, 30), look(workplace, 40)] == [0, 1, 0]
    (watched / "sub").mkdir()
    (watched / "sub" / "b.png").write_bytes(png(2))
    assert [look(workplace, 50), look(workplace, 60)] == [0, 1]
    pool = FakePool()
    queue.run_pending(workplace, pool)
    assert files_of(workplace) == [["a.png"], ["b.png"]]
    assert len(pool.predicted) == 2
    assert growing.read_bytes() == png(1)
    assert {one.job.state for one in batches.batches(workplace)} == {"done"}
    assert {one.title for one in batches.batches(workplace)} == {"incoming"}


def test_a_file_moved_into_place_under_a_hidden_name_is_not_seen_before(
    workplace: Workplace, watched: Path
) -> None:
    hidden = watched / ".a.png.part"
    hidden.write_bytes(png(1))
    assert [look(workplace, 10), look(workplace, 20)] == [0, 0]
    os.replace(hidden, watched / "a.png")
    assert [look(workplace, 30), look(workplace, 40)] == [0, 1]


def test_the_same_content_under_another_name_is_no_second_case(
    workplace: Workplace, watched: Path
) -> None:
    for name in ("a.png", "b.png"):
        (watched / name).write_bytes(png(1))
    look(workplace, 10)
    assert look(workplace, 20) == 2
    queue.run_pending(workplace, FakePool())
    (one,) = batches.batches(workplace)
    assert dict(one.counts) == {"done": 1, "duplicate": 1}


def test_a_link_out_of_the_folder_is_not_followed(
    workplace: Workplace, watched: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.png"
    outside.write_bytes(png(1))
    (watched / "a.png").symlink_to(outside)
    assert [look(workplace, 10), look(workplace, 20)] == [0, 0]


def test_a_worker_that_dies_between_two_steps_loses_nothing_and_takes_nothing_twice(
    workplace: Workplace, watched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (watched / "a.png").write_bytes(png(1))
    look(workplace, 10)

    def die(*_: object, **__: object) -> None:
        raise SystemExit  # what was written in the transaction is lost with the process

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(looking, "record_batch", die)
        look(workplace, 20)
    assert files_of(workplace) == []
    assert [look(workplace, 30), look(workplace, 40)] == [1, 0]
    assert files_of(workplace) == [["a.png"]]


def test_without_a_model_files_wait(
    workplace: Workplace, watched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (watched / "a.png").write_bytes(png(1))
    look(workplace, 10)
    with monkeypatch.context() as patch:
        patch.setattr(models, "active", lambda _: None)
        assert look(workplace, 20) == 0
    assert look(workplace, 30) == 1


def test_a_large_folder_is_taken_in_parts_and_other_work_goes_between(
    workplace: Workplace, watched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "CHUNK", 2)
    for number in range(5):
        (watched / f"{number}.png").write_bytes(png(number))
    look(workplace, 10)
    calls: list[int] = []
    now = workplace.clock() + timedelta(seconds=20)
    later = replace(workplace, clock=lambda: now)
    assert looking.look_around(later, between=lambda: calls.append(1)) == 5
    assert len(calls) == 3 and sorted(map(len, files_of(workplace))) == [1, 2, 2]
    assert looking.look_around(later, stop=lambda: True) == 0


def test_the_worker_does_what_a_page_waits_for_between_the_parts_of_a_large_folder(
    workplace: Workplace, watched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "CHUNK", 1)
    (watched / "a.png").write_bytes(png(1))
    intake.add(workplace, png(2), name="b.png")
    pool = FakePool()
    queue.look_around(workplace, pool)
    assert len(pool.predicted) == 1


def test_the_page_names_the_watched_folders(workplace: Workplace) -> None:
    assert looking.watched_folders(workplace) == ("incoming",)
