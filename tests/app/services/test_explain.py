"""Heatmaps: asked for once, done by the worker, stopped on request."""

import threading
import time

import numpy as np
import pytest

from app.domain.errors import NotFound
from app.domain.explanations import SavedExplanation
from app.domain.jobs import Job
from app.services import explain, intake, jobs, pixels, review, work
from app.services.workplace import Workplace
from dprotonet.errors import WrongRequest
from tests.app.services.places import FakeBench, png


@pytest.fixture
def case_id(place: Workplace, bench: FakeBench) -> str:
    taken = intake.add(place, png(1, level=200), name="a.png")
    work.run_pending(place, bench)
    return str(taken.case_id)


def test_a_heatmap_is_made_once_and_kept_with_its_faithfulness(
    place: Workplace, bench: FakeBench, case_id: str
) -> None:
    job = explain.request(place, case_id, node="class")
    assert isinstance(job, Job) and job.node == "class:finding"
    work.run_pending(place, bench)
    done = explain.progress(place, job.job_id)
    assert (done.state, done.progress) == ("done", 1.0)
    again = explain.request(place, case_id, node="class:finding")
    assert isinstance(again, SavedExplanation)
    assert again == explain.get(place, str(done.explanation_id))
    assert again.faithfulness["insertion_auc"] == 0.6
    assert (again.passes_forward, again.passes_backward, again.seconds) == (32, 16, 0.5)
    assert review.open_case(place, case_id).explanations == (again,)
    assert bench.explained == ["class:finding"]


def test_asking_twice_at_once_is_one_job(place: Workplace, case_id: str) -> None:
    found: list[Job] = []
    threads = [
        threading.Thread(target=lambda: found.append(explain.request(place, case_id)))  # type: ignore
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len({job.job_id for job in found}) == 1


@pytest.mark.parametrize("node", ["class:lung", "prototype:p99", "vector:", "nonsense", ""])
def test_a_node_that_is_not_in_the_model_is_refused(
    place: Workplace, case_id: str, node: str
) -> None:
    with pytest.raises(WrongRequest):
        explain.request(place, case_id, node=node)


def test_the_predicted_class_needs_a_prediction(place: Workplace) -> None:
    taken = intake.add(place, png(2), name="b.png")
    with pytest.raises(WrongRequest, match="no prediction yet"):
        explain.request(place, str(taken.case_id), node="class")


def test_a_running_explanation_stops_soon_after_it_is_cancelled(
    place: Workplace, bench: FakeBench, case_id: str
) -> None:
    job = explain.request(place, case_id)
    assert isinstance(job, Job)
    bench.steps, bench.step_seconds = 2000, 0.01
    worker = threading.Thread(target=work.run_pending, args=(place, bench))
    worker.start()
    while (now := jobs.get(place, job.job_id)).progress == 0:
        time.sleep(0.02)
    assert now.state == "running" and 0 < now.progress < 0.9
    started = time.monotonic()
    assert jobs.cancel(place, job.job_id).cancel_requested
    worker.join(10)
    assert time.monotonic() - started < 3
    assert jobs.get(place, job.job_id).state == "cancelled"
    assert not review.open_case(place, case_id).explanations
    assert len(list(place.blobs.all_keys())) == 1


def test_a_case_deleted_during_its_explanation_leaves_nothing(
    place: Workplace, bench: FakeBench, case_id: str
) -> None:
    explain.request(place, case_id)
    bench.steps, bench.step_seconds = 2000, 0.01
    worker = threading.Thread(target=work.run_pending, args=(place, bench))
    worker.start()
    time.sleep(0.2)
    review.delete_case(place, case_id)
    worker.join(10)
    assert not worker.is_alive() and not list(place.blobs.all_keys())


def test_a_worker_that_leaves_puts_its_job_back(
    place: Workplace, bench: FakeBench, case_id: str
) -> None:
    job = explain.request(place, case_id)
    assert isinstance(job, Job)
    stop = threading.Event()
    bench.steps, bench.step_seconds = 2000, 0.01
    worker = threading.Thread(
        target=work.run_pending, args=(place, bench), kwargs={"stop": stop.is_set}
    )
    worker.start()
    time.sleep(0.2)
    stop.set()
    worker.join(10)
    waiting = jobs.get(place, job.job_id)
    assert (waiting.state, waiting.attempts) == ("waiting", 0)


def test_jobs_of_dead_workers_are_done_again_and_given_up_after_the_third(
    place: Workplace, bench: FakeBench, case_id: str
) -> None:
    job = explain.request(place, case_id)
    assert isinstance(job, Job)
    for attempt in (1, 2, 3):
        with place.store.write() as tx:
            claimed = tx.jobs.claim(place.clock())
        assert claimed is not None and claimed.attempts == attempt
        work.begin(place)  # the worker died here, and the next one starts
    given_up = jobs.get(place, job.job_id)
    assert given_up.state == "failed" and "stopped 3 times" in given_up.message
    assert isinstance(explain.request(place, case_id), Job)


def test_predictions_go_ahead_of_explanations(
    place: Workplace, bench: FakeBench, case_id: str
) -> None:
    explain.request(place, case_id)
    intake.add(place, png(2), name="b.png")
    work.run_next(place, bench)
    assert len(bench.predicted) == 2 and not bench.explained


def test_a_heatmap_comes_back_over_the_whole_film(
    place: Workplace, bench: FakeBench, case_id: str
) -> None:
    explain.request(place, case_id)
    work.run_pending(place, bench)
    (saved,) = review.open_case(place, case_id).explanations
    shown = pixels.heatmap(place, saved.explanation_id)
    assert shown.shape == (16, 18) and shown.dtype == np.uint8
    assert shown[8, 9] == 255 and shown[0, 0] == 0
    assert pixels.heatmap(place, saved.explanation_id, longest=9).shape == (8, 9)
    with pytest.raises(NotFound):
        pixels.heatmap(place, "0" * 16)
