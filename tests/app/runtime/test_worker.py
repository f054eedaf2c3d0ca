"""The worker as a process of its own: it works, survives a kill, and leaves with its parent."""

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.interventions.changes import Change, DrawnRegion
from app.domain.marks import Mark
from app.runtime import worker
from app.services import batches, review
from app.services.deidentify import first_start, patients
from app.services.inference import failures, queue, workers
from app.services.interventions import asking
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.workplaces import FakePool, make_workplace, png
from tests.paths import ROOT

IMAGES = 150  # several times what a worker takes at once; its log has to fit into a pipe


@pytest.fixture
def workplace(empty_sqlite: Path, assets: Path, tmp_path: Path) -> Iterator[Workplace]:
    data = tmp_path / "data"
    data.mkdir()
    (data / "review.sqlite3").write_bytes(empty_sqlite.read_bytes())
    images = tmp_path / "images"
    images.mkdir()
    for number in range(IMAGES):
        (images / f"{number:03d}.png").write_bytes(png(number, side=200))
    opened = make_workplace(Settings(data, assets=assets, folders=(images,)))
    yield opened
    opened.close()


def start(workplace: Workplace) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DPROTONET_DATA": str(workplace.settings.data),
        "DPROTONET_PATIENTS": "no",
        "DPROTONET_MODELS": str(workplace.settings.assets / "models"),
        "OMP_NUM_THREADS": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "app.runtime.worker", "--until-stdin-closes"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=ROOT,
    )


def until(is_done: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 200
    while not is_done():
        assert process.poll() is None, process.stderr.read().decode()  # type: ignore[union-attr]
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def test_a_batch_survives_the_kill_of_its_worker_without_loss_or_duplicates(
    workplace: Workplace,
) -> None:
    job = batches.start_folder(workplace, workplace.settings.folders[0])
    first = start(workplace)
    until(lambda: batches.progress(workplace, job.job_id).finished >= 3, first)
    first.kill()
    first.wait()
    state = batches.progress(workplace, job.job_id)
    assert state.finished < IMAGES and state.job.state == "running"
    second = start(workplace)
    until(lambda: batches.progress(workplace, job.job_id).job.state == "done", second)
    assert batches.progress(workplace, job.job_id).counts == {"done": IMAGES}
    assert review.list_cases(workplace).total == IMAGES
    rows = batches.rows(workplace, job.job_id).rows
    assert all(row.label in ("none", "finding") for row in rows)
    # Its parent going away is seen as the end of its standard input.
    assert second.stdin is not None
    second.stdin.close()
    assert second.wait(30) == 0
    log = second.stderr.read().decode()  # type: ignore[union-attr]
    assert "left by a worker that died" in log or state.counts.get("running", 0) == 0
    assert ".png" not in log and str(workplace.settings.folders[0]) not in log


def test_a_second_worker_on_the_same_folder_leaves(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    from app.runtime.folder_lock import FolderLock

    monkeypatch.setattr(worker, "GRACE_SECONDS", -5.0)
    monkeypatch.setattr(worker, "_stop_on_signals", lambda leaving: None)
    monkeypatch.setenv("DPROTONET_DATA", str(workplace.settings.data))
    with FolderLock(workplace.settings.data / ".worker.lock"):
        assert worker.main([]) == 2
    assert "already runs" in capsys.readouterr().err


def test_until_the_first_start_is_answered_the_worker_waits_and_then_has_the_key(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "CHOICE_SECONDS", 0.01)
    settings = replace(workplace.settings, pseudonym_key="ab" * 32)
    waiting = patients.with_choice(replace(workplace, settings=settings))
    looks: list[bool] = []

    def look(seen: Workplace) -> Workplace:
        looks.append(seen.awaits_choice)
        if len(looks) == 3:
            first_start.answer(seen, patients=True)
        return with_choice(seen)

    with_choice = patients.with_choice
    monkeypatch.setattr(worker.patients, "with_choice", look)
    ready = worker._once_chosen(waiting, stop=threading.Event())
    assert looks == [True] * 3
    assert ready.pseudonyms is not None and not ready.awaits_choice
    stop = threading.Event()
    stop.set()
    assert worker._once_chosen(waiting, stop=stop).awaits_choice


def test_the_loop_goes_on_after_the_store_could_not_be_reached(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    stop = threading.Event()

    def next_piece(*words: object, **more: object) -> bool:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("disk full")
        stop.set()
        return True

    monkeypatch.setattr(worker.queue, "run_next", next_piece)
    monkeypatch.setattr(worker, "_warm_up", lambda workplace, pool: None)
    monkeypatch.setattr(worker, "TROUBLE_SECONDS", 0.01)
    worker.run(workplace, stop=stop)
    assert len(calls) == 2


def test_the_worker_begins_when_the_store_comes_back_and_takes_up_what_was_at_hand(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.app.services.workplaces import FakePool

    pool = FakePool()
    stop = threading.Event()
    monkeypatch.setattr(worker, "PredictorPool", lambda models, device, engine: pool)
    monkeypatch.setattr(worker, "_warm_up", lambda workplace, pool: None)
    monkeypatch.setattr(worker, "TROUBLE_SECONDS", 0.01)
    intake.add(workplace, png(1), name="a.png")
    path = workplace.settings.data / "review.sqlite3"
    away = path.with_name("away")
    outages: list[str] = []

    def gone() -> None:
        workplace.store.close()
        path.rename(away)
        path.mkdir()  # whoever opens it finds no database

    def back(*arguments: object) -> str:
        if not away.exists():
            return sentence(*arguments)  # type: ignore[arg-type]
        path.rmdir()
        away.rename(path)
        outages.append(sentence(*arguments))  # type: ignore[arg-type]
        return outages[-1]

    def predict(*arguments: object, **named: object) -> object:
        if len(outages) == 1:
            gone()
        else:
            stop.set()
        return FakePool.predict(pool, *arguments, **named)  # type: ignore[arg-type]

    sentence = failures.sentence
    monkeypatch.setattr(failures, "sentence", back)
    monkeypatch.setattr(pool, "predict", predict)
    gone()
    worker.run(workplace, stop=stop)
    assert len(outages) == 2 and all("cannot be opened" in outage for outage in outages)
    row = review.list_cases(workplace).rows[0]
    assert (row.status, len(pool.predicted)) == ("new", 2)


def test_a_queued_job_is_begun_within_a_moment(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.app.services.workplaces import FakePool

    pool = FakePool()
    monkeypatch.setattr(worker, "PredictorPool", lambda models, device, engine: pool)
    monkeypatch.setattr(worker, "_warm_up", lambda workplace, pool: None)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(workplace,), kwargs={"stop": stop})
    thread.start()
    time.sleep(0.5)
    intake.add(workplace, png(1), name="a.png")
    started = time.monotonic()
    while not pool.predicted and time.monotonic() - started < 10:
        time.sleep(0.01)
    waited = time.monotonic() - started
    stop.set()
    thread.join(10)
    assert pool.predicted and waited < 2


def test_the_worker_shows_that_it_is_alive(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_warm_up", lambda workplace, pool: None)
    monkeypatch.setattr(worker, "LIFE_SECONDS", 0.05)
    assert not workers.is_any_alive(workplace)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(workplace,), kwargs={"stop": stop})
    thread.start()
    end = time.monotonic() + 20
    while not workers.is_any_alive(workplace) and time.monotonic() < end:
        time.sleep(0.02)
    assert workers.is_any_alive(workplace)
    stop.set()
    thread.join(10)
    end = time.monotonic() + 20
    while workers.is_any_alive(workplace) and time.monotonic() < end:
        time.sleep(0.02)
    assert not workers.is_any_alive(workplace)


def test_terminating_the_worker_ends_it(workplace: Workplace) -> None:
    process = start(workplace)
    until(lambda: (workplace.settings.data / ".worker.lock").exists(), process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_while_somebody_tries_changes_the_next_one_is_done_between_two_looks_for_work(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool: Any = FakePool()
    case = str(intake.add(workplace, png(1, level=200), name="a.png").case_id)
    queue.run_pending(workplace, pool)
    hidden = Change(region=DrawnRegion((Mark("rectangle", ((1.0, 1.0), (9.0, 9.0))),)))
    one = asking.request(workplace, case, frame=0, change=hidden)
    pool.last_try = -math.inf
    worker._rest(workplace, pool, threading.Event())
    assert asking.result(workplace, one.try_id).state == "waiting"
    monkeypatch.setattr(worker, "POLL_SECONDS", 20.0)
    monkeypatch.setattr(worker, "HAND_SECONDS", 20.0)
    pool.last_try, stop = time.monotonic(), threading.Event()
    pool.before_intervene = stop.set  # ends the rest, too
    worker._rest(workplace, pool, stop)
    assert asking.result(workplace, one.try_id).state == "done"
