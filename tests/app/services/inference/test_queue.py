"""No file, whatever it is called and whatever it does, stops the others."""

import csv
import io
import json
import os
import random
import string
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.jobs import MOST_ATTEMPTS
from app.services import batch_export, batches, explanations, jobs, review
from app.services.inference import batch_items, queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.batch_items import REFUSED, Items
from app.store.jobs import Jobs
from dprotonet.images.walk import FoundFile
from tests.app.services.workplaces import FakePool, png

ODD = b"r\xf6ntgen.png"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(png(number))
    return folder


@pytest.fixture
def place_with(workplace: Workplace, images: Path) -> Workplace:
    return replace(workplace, settings=replace(workplace.settings, folders=(images.parent,)))


@pytest.fixture
def beside(place_with: Workplace, tmp_path: Path) -> str:
    """Another batch, which is to go on whatever becomes of the first; call it last in line."""
    folder = tmp_path / "others"
    folder.mkdir()
    for number in range(2):
        (folder / f"{number}.png").write_bytes(png(20 + number))
    return str(folder)


def states(workplace: Workplace, job_id: str) -> list[tuple[str, str]]:
    return [(row.name, row.state) for row in batches.rows(workplace, job_id).rows]


if sys.platform == "linux":  # elsewhere a name that is no text cannot be made

    def test_a_name_that_is_no_text_is_a_file_as_any_other(
        place_with: Workplace, pool: FakePool, images: Path, beside: str
    ) -> None:
        root = os.fsencode(images)
        os.mkdir(root + b"/\xfcber 100%")
        for number, name in enumerate((ODD, b"\xfcber 100%/\xff%41.png", b"line\nend.png")):
            Path(os.fsdecode(root + b"/" + name)).write_bytes(png(10 + number))
        Path(os.fsdecode(root + b"/\xe4.png")).write_bytes(b"\x89PNG broken")
        job = batches.start_folder(place_with, images)
        other = batches.start_folder(place_with, beside)
        queue.run_pending(place_with, pool)
        assert states(place_with, job.job_id) == [
            ("0.png", "done"),
            ("1.png", "done"),
            ("2.png", "done"),
            ("lineend.png", "done"),
            ("r%F6ntgen.png", "done"),
            ("%E4.png", "error"),
            ("%FF%41.png", "done"),
        ]
        assert {state for _, state in states(place_with, other.job_id)} == {"done"}
        found = json.loads(batch_export.as_json(place_with, job.job_id))["files"]
        assert found[6]["path"] == "%FCber 100%/%FF%41.png"
        lines = csv.DictReader(io.StringIO(batch_export.as_csv(place_with, job.job_id).decode()))
        assert [line["path"] for line in lines] == [file["path"] for file in found]
        # Read again, it is found again under its own name.
        Path(os.fsdecode(root + b"/\xe4.png")).write_bytes(png(30))
        batches.retry(place_with, job.job_id)
        queue.run_pending(place_with, pool)
        assert batches.progress(place_with, job.job_id).counts == {"done": 7}

    def test_a_folder_whose_name_is_no_text_is_read(
        place_with: Workplace, pool: FakePool, images: Path
    ) -> None:
        folder = Path(os.fsdecode(os.fsencode(images.parent) + b"/\xf6" + b"o" * 240))
        inner = folder / ("i" * 250)
        inner.mkdir(parents=True)
        (inner / "a.png").write_bytes(png(5))
        assert folder in batches.subfolders(place_with, images.parent)
        job = batches.start_folder(place_with, inner)
        queue.run_pending(place_with, pool)
        assert states(place_with, job.job_id) == [("a.png", "done")]
        whole = batches.start_folder(place_with, folder)
        queue.run_pending(place_with, pool)
        assert batches.progress(place_with, whole.job_id).title.startswith("%F6oo")
        assert states(place_with, whole.job_id) == [("a.png", "duplicate")]

    def test_a_path_that_the_database_cannot_hold_costs_itself_only(
        place_with: Workplace, pool: FakePool, images: Path
    ) -> None:
        chance, deep = random.Random(0), images
        for _ in range(14):  # PostgreSQL indexes 2,700 bytes that do not shrink
            deep = deep / "".join(chance.choices(string.ascii_letters + string.digits, k=240))
            deep.mkdir()
        (deep / "deep.png").write_bytes(png(7))
        (images / "z.png").write_bytes(png(8))
        job = batches.start_folder(place_with, images)
        queue.run_pending(place_with, pool)
        rows = {row.name: row for row in batches.rows(place_with, job.job_id).rows}
        deepest = rows.pop("deep.png")
        assert {row.state for row in rows.values()} == {"done"} and "z.png" in rows
        holds = place_with.store.engine.dialect.name == "sqlite"
        assert deepest.state == ("done" if holds else "error")
        assert holds or deepest.message == REFUSED


def test_a_file_that_ends_the_worker_each_time_is_given_up_and_the_others_are_read(
    place_with: Workplace, pool: FakePool, images: Path, beside: str
) -> None:
    job = batches.start_folder(place_with, images)
    other = batches.start_folder(place_with, beside)
    deaths: list[int] = []

    def die() -> None:
        if batches.rows(place_with, job.job_id).rows[1].state == "running":
            deaths.append(1)
            raise KeyboardInterrupt

    pool.before_predict = die
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            queue.run_pending(place_with, pool)
        queue.begin(place_with)
    queue.run_pending(place_with, pool)
    assert len(deaths) == MOST_ATTEMPTS
    rows = batches.rows(place_with, job.job_id).rows
    assert [row.state for row in rows] == ["done", "error", "done"]
    assert "stopped 3 times" in rows[1].message
    assert batches.progress(place_with, other.job_id).job.state == "done"


def test_a_file_that_cannot_be_brought_to_its_end_is_given_up_with_the_reason(
    place_with: Workplace,
    pool: FakePool,
    images: Path,
    beside: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = batches.start_folder(place_with, images)
    other = batches.start_folder(place_with, beside)
    tries = _fail(monkeypatch, Items, "finish", lambda: _running(place_with, job.job_id) == "1.png")
    queue.run_pending(place_with, pool)
    rows = batches.rows(place_with, job.job_id).rows
    assert [row.state for row in rows] == ["done", "error", "done"]
    assert rows[1].message == queue.UNEXPECTED and len(tries) == MOST_ATTEMPTS
    assert batches.progress(place_with, job.job_id).job.state == "done"
    assert batches.progress(place_with, other.job_id).counts == {"done": 2}
    monkeypatch.undo()
    batches.retry(place_with, job.job_id)
    queue.run_pending(place_with, pool)
    assert batches.progress(place_with, job.job_id).counts == {"done": 3}


def test_a_file_whose_end_cannot_be_told_in_any_way_stands_alone(
    place_with: Workplace,
    pool: FakePool,
    images: Path,
    beside: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = batches.start_folder(place_with, images)
    other = batches.start_folder(place_with, beside)
    for method in ("finish", "fail"):
        _fail(monkeypatch, Items, method, lambda: _running(place_with, job.job_id) == "1.png")
    failures = 0
    for _ in range(40):  # as the worker's loop does
        try:
            if not queue.run_next(place_with, pool):
                break
        except OSError:
            failures += 1
            queue.take_up_again(place_with)
    assert failures == MOST_ATTEMPTS
    rows = batches.rows(place_with, job.job_id).rows
    assert [row.state for row in rows] == ["done", "error", "done"]
    assert batches.progress(place_with, other.job_id).counts == {"done": 2}


def test_a_row_that_the_database_refuses_to_change_stops_neither_the_others_nor_a_start(
    sqlite_place: Workplace, pool: FakePool, images: Path
) -> None:
    job = batches.start_folder(sqlite_place, images)
    with sqlite_place.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER stuck BEFORE UPDATE ON job_item WHEN OLD.name = '1.png' "
            "AND OLD.state = 'running' BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    for _ in range(20):
        try:
            if not queue.run_next(sqlite_place, pool):
                break
        except Exception:
            queue.begin(sqlite_place)
    assert states(sqlite_place, job.job_id) == [
        ("0.png", "done"),
        ("1.png", "running"),
        ("2.png", "done"),
    ]


def test_a_folder_that_cannot_be_walked_is_given_up_and_what_was_found_is_read(
    place_with: Workplace,
    pool: FakePool,
    images: Path,
    beside: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walk = batch_items.walk
    begun: list[str] = []

    def failing(paths: list[str], **more: object) -> Iterator[FoundFile]:
        for number, file in enumerate(walk(paths)):
            if "films" in str(paths[0]) and number == 2:
                begun.append(str(paths[0]))
                raise OSError("the disk does not answer")
            yield file

    monkeypatch.setattr(batch_items, "walk", failing)
    monkeypatch.setattr(batch_items, "CHUNK", 1)
    job = batches.start_folder(place_with, images)
    other = batches.start_folder(place_with, beside)
    queue.run_pending(place_with, pool)
    state = batches.progress(place_with, job.job_id)
    assert len(begun) == MOST_ATTEMPTS
    assert state.counts == {"done": 2} and state.job.state == "done" and not state.listing
    assert state.job.message.startswith("The folder could not be listed to its end")
    assert batches.progress(place_with, other.job_id).counts == {"done": 2}


def test_a_folder_whose_listing_ends_the_worker_each_time_fails_and_says_so(
    place_with: Workplace,
    pool: FakePool,
    images: Path,
    beside: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walk = batch_items.walk

    def dying(paths: list[str], **more: object) -> Iterator[FoundFile]:
        if "films" in str(paths[0]):
            raise KeyboardInterrupt
        return walk(paths)

    monkeypatch.setattr(batch_items, "walk", dying)
    job = batches.start_folder(place_with, images)
    other = batches.start_folder(place_with, beside)
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            queue.run_pending(place_with, pool)
        queue.begin(place_with)
    queue.run_pending(place_with, pool)
    state = batches.progress(place_with, job.job_id)
    assert state.job.state == "failed" and "stopped 3 times" in state.job.message
    assert batches.progress(place_with, other.job_id).counts == {"done": 2}


def test_a_worker_that_leaves_in_the_midst_of_a_listing_counts_no_attempt(
    place_with: Workplace, pool: FakePool, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_items, "CHUNK", 1)
    job = batches.start_folder(place_with, images)
    for _ in range(MOST_ATTEMPTS + 1):
        queue.run_next(place_with, pool, stop=lambda: True)
        queue.begin(place_with)
    queue.run_pending(place_with, pool)
    state = batches.progress(place_with, job.job_id)
    assert (state.job.state, state.counts) == ("done", {"done": 3}) and not state.job.message


@pytest.mark.parametrize("kind", ["predict", "explain"])
def test_a_job_that_cannot_be_brought_to_its_end_is_given_up_with_the_reason(
    workplace: Workplace, pool: FakePool, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    first = intake.add(workplace, png(1), name="a.png")
    (job,) = review.open_case(workplace, str(first.case_id)).jobs
    if kind == "explain":
        queue.run_pending(workplace, pool)
        asked = explanations.request(workplace, str(first.case_id))
        assert isinstance(asked, type(job))
        job = asked
    tries = _fail(
        monkeypatch,
        Jobs,
        "finish",
        lambda: jobs.get(workplace, job.job_id).state == "running",
    )
    second = intake.add(workplace, png(2), name="b.png")
    queue.run_pending(workplace, pool)
    ended = jobs.get(workplace, job.job_id)
    assert (ended.state, ended.message) == ("failed", queue.UNEXPECTED)
    assert len(tries) >= MOST_ATTEMPTS
    assert review.open_case(workplace, str(second.case_id)).prediction is not None


def test_the_words_of_an_error_are_kept_as_what_the_database_can_hold(
    workplace: Workplace, pool: FakePool
) -> None:
    taken = intake.add(workplace, png(1), name="a.png")

    def odd() -> None:
        raise queue.ReadableError("“r\udcf6ntgen\x00.png” is damaged. Export it again.")

    pool.before_predict = odd
    queue.run_pending(workplace, pool)
    sheet = review.open_case(workplace, str(taken.case_id))
    assert sheet.problem == "“r%F6ntgen.png” is damaged. Export it again."


@pytest.fixture
def sqlite_place(place_with: Workplace) -> Workplace:
    if place_with.store.engine.dialect.name != "sqlite":
        pytest.skip("SQLite's own way of refusing")
    return place_with


def _running(workplace: Workplace, job_id: str) -> str:
    rows = batches.rows(workplace, job_id, states=["running"]).rows
    return rows[0].name if rows else ""


def _fail(
    monkeypatch: pytest.MonkeyPatch, owner: type, method: str, when: Callable[[], bool]
) -> list[int]:
    """Let a method of the store fail while a condition holds; the list counts how often."""
    real = getattr(owner, method)
    tries: list[int] = []

    def failing(self: object, *words: object, **more: object) -> object:
        if when():
            tries.append(1)
            raise OSError("the store refuses")
        return real(self, *words, **more)

    monkeypatch.setattr(owner, method, failing)
    return tries
