"""Heatmaps: asked for once, done by the worker, stopped on request."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from app.domain.bundles import BundleInfo
from app.domain.errors import NotFound
from app.domain.explanations import SavedExplanation
from app.domain.jobs import Job
from app.services import explanations, image_data, jobs, review
from app.services.explanations import canonical
from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.rows import ExplanationEntry
from dprotonet.errors import WrongRequest
from dprotonet.explain.settings import TIERS
from tests.app.services.workplaces import FakePool, by_brightness, png


@pytest.fixture
def case_id(workplace: Workplace, pool: FakePool) -> str:
    taken = intake.add(workplace, png(1, level=200), name="a.png")
    queue.run_pending(workplace, pool)
    return str(taken.case_id)


def test_a_heatmap_is_made_once_and_kept_with_its_faithfulness(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    job = explanations.request(workplace, case_id, node="class")
    assert isinstance(job, Job) and job.node == "class:finding"
    queue.run_pending(workplace, pool)
    done = explanations.progress(workplace, job.job_id)
    assert (done.state, done.progress) == ("done", 1.0)
    again = explanations.request(workplace, case_id, node="class:finding")
    assert isinstance(again, SavedExplanation)
    assert again == explanations.get(workplace, str(done.explanation_id))
    assert again.faithfulness is not None and again.faithfulness.insertion_auc == 0.6
    assert (again.passes_forward, again.passes_backward, again.seconds) == (32, 16, 0.5)
    assert review.open_case(workplace, case_id).explanations == (again,)
    assert (again.tier, pool.tiers) == ("standard", ["draft", "standard"])
    assert (again.peak, again.outside_body) == ((0.5, 0.45), 0.25)
    assert again.agreement is not None and again.agreement.overlap == 0.72


def test_asking_twice_at_once_is_one_job(workplace: Workplace, case_id: str) -> None:
    result: list[Job] = []
    threads = [
        threading.Thread(target=lambda: result.append(explanations.request(workplace, case_id)))  # type: ignore
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(result) == 8 and len({job.job_id for job in result}) == 1


@pytest.mark.parametrize("node", ["class:lung", "prototype:p99", "vector:", "nonsense", ""])
def test_a_node_that_is_not_in_the_model_is_refused(
    workplace: Workplace, case_id: str, node: str
) -> None:
    with pytest.raises(WrongRequest):
        explanations.request(workplace, case_id, node=node)


def test_the_predicted_class_needs_a_prediction(workplace: Workplace) -> None:
    taken = intake.add(workplace, png(2), name="b.png")
    with pytest.raises(WrongRequest, match="no prediction yet"):
        explanations.request(workplace, str(taken.case_id), node="class")


def test_a_running_explanation_stops_soon_after_it_is_cancelled(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    job = explanations.request(workplace, case_id)
    assert isinstance(job, Job)
    pool.steps, pool.step_seconds = 2000, 0.01
    worker = threading.Thread(target=queue.run_pending, args=(workplace, pool))
    worker.start()
    while (now := jobs.get(workplace, job.job_id)).progress == 0:
        time.sleep(0.02)
    assert now.state == "running" and 0 < now.progress < 0.9
    started = time.monotonic()
    assert jobs.cancel(workplace, job.job_id).cancel_requested
    worker.join(10)
    assert time.monotonic() - started < 3
    assert jobs.get(workplace, job.job_id).state == "cancelled"
    assert not review.open_case(workplace, case_id).explanations
    assert len(list(workplace.blobs.all_keys())) == 2  # the image and its thumbnail


def test_a_case_deleted_during_its_explanation_leaves_nothing(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    explanations.request(workplace, case_id)
    pool.steps, pool.step_seconds = 2000, 0.01
    worker = threading.Thread(target=queue.run_pending, args=(workplace, pool))
    worker.start()
    time.sleep(0.2)
    review.delete_case(workplace, case_id)
    worker.join(10)
    assert not worker.is_alive() and not list(workplace.blobs.all_keys())


def test_a_worker_that_leaves_puts_its_job_back(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    job = explanations.request(workplace, case_id)
    assert isinstance(job, Job)
    stop = threading.Event()
    pool.steps, pool.step_seconds = 2000, 0.01
    worker = threading.Thread(
        target=queue.run_pending, args=(workplace, pool), kwargs={"stop": stop.is_set}
    )
    worker.start()
    time.sleep(0.2)
    stop.set()
    worker.join(10)
    waiting = jobs.get(workplace, job.job_id)
    assert (waiting.state, waiting.attempts) == ("waiting", 0)


def test_jobs_of_dead_workers_are_done_again_and_given_up_after_the_third(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    job = explanations.request(workplace, case_id)
    assert isinstance(job, Job)
    for attempt in (1, 2, 3):
        with workplace.store.write() as tx:
            claimed = tx.jobs.claim(workplace.clock())
        assert claimed is not None and claimed.attempts == attempt
        queue.begin(workplace)  # the worker died here, and the next one starts
    given_up = jobs.get(workplace, job.job_id)
    assert given_up.state == "failed" and "stopped 3 times" in given_up.message
    assert isinstance(explanations.request(workplace, case_id), Job)


def test_predictions_go_ahead_of_explanations(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    explanations.request(workplace, case_id)
    intake.add(workplace, png(2), name="b.png")
    queue.run_next(workplace, pool)
    assert len(pool.predicted) == 2 and not pool.explained


def test_a_heatmap_comes_back_over_the_whole_image(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    explanations.request(workplace, case_id)
    queue.run_pending(workplace, pool)
    (saved,) = review.open_case(workplace, case_id).explanations
    assert saved.tier == "standard"
    displayed = image_data.heatmap(workplace, saved.explanation_id)
    assert displayed.shape == (16, 18) and displayed.dtype == np.uint8
    assert displayed[8, 9] == 255 and displayed[0, 0] == 0
    assert image_data.heatmap(workplace, saved.explanation_id, longest=9).shape == (8, 9)
    with pytest.raises(NotFound):
        image_data.heatmap(workplace, "0" * 16)


def shown(workplace: Workplace, case_id: str) -> list[tuple[str, str]]:
    """Node and tier of every map that the page lists."""
    return [(one.node, one.tier) for one in review.open_case(workplace, case_id).explanations]


def test_a_draft_comes_first_and_the_usual_heatmap_replaces_it(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    job = explanations.request(workplace, case_id)
    assert isinstance(job, Job) and job.tier == "standard" and job.awaits_first
    assert queue.run_next(workplace, pool)
    assert shown(workplace, case_id) == [("class:finding", "draft")]
    between = jobs.get(workplace, job.job_id)
    (draft,) = review.open_case(workplace, case_id).explanations
    assert between.is_active and not between.awaits_first
    assert between.explanation_id == draft.explanation_id
    assert queue.run_next(workplace, pool)
    assert shown(workplace, case_id) == [("class:finding", "standard")]
    done = jobs.get(workplace, job.job_id)
    assert done.state == "done" and done.explanation_id != draft.explanation_id
    assert queue.run_next(workplace, pool), "what is shown is made again"
    assert not queue.run_next(workplace, pool)
    assert pool.tiers == ["draft", "standard"]


def test_a_draft_outlives_the_cancelling_of_what_was_to_replace_it(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    job = explanations.request(workplace, case_id)
    assert isinstance(job, Job)
    queue.run_next(workplace, pool)
    pool.steps, pool.step_seconds = 2000, 0.01
    worker = threading.Thread(target=queue.run_pending, args=(workplace, pool))
    worker.start()
    while jobs.get(workplace, job.job_id).progress == 0:
        time.sleep(0.02)
    jobs.cancel(workplace, job.job_id)
    worker.join(10)
    over = jobs.get(workplace, job.job_id)
    (draft,) = review.open_case(workplace, case_id).explanations
    assert (over.state, over.explanation_id) == ("cancelled", draft.explanation_id)
    assert draft.tier == "draft" and pool.tiers == ["draft"]


def test_a_draft_that_is_there_is_not_made_again(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    first = explanations.request(workplace, case_id)
    assert isinstance(first, Job)
    queue.run_next(workplace, pool)
    jobs.cancel(workplace, first.job_id)
    second = explanations.request(workplace, case_id)
    assert isinstance(second, Job) and second.job_id != first.job_id
    (draft,) = review.open_case(workplace, case_id).explanations
    assert second.explanation_id == draft.explanation_id, "it can be shown at once"
    queue.run_pending(workplace, pool)
    assert pool.tiers == ["draft", "standard"]


def test_no_draft_comes_before_what_a_mask_reader_draws(
    readers: None, workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    model = review.open_case(workplace, case_id).case.model or ""
    (prototype, *_) = workplace.models.get(model).prototypes
    explanations.request(workplace, case_id)
    queue.run_pending(workplace, pool)
    assert pool.tiers == ["standard"]
    explanations.request(workplace, case_id, node=f"vector:{prototype}")  # which no reader marks
    queue.run_pending(workplace, pool)
    assert pool.tiers == ["standard", "draft", "standard"]


@pytest.mark.parametrize("stage", [0, 1])
def test_a_worker_that_was_killed_goes_on_at_its_stage(
    workplace: Workplace, pool: FakePool, case_id: str, stage: int
) -> None:
    job = explanations.request(workplace, case_id)
    assert isinstance(job, Job)
    for _ in range(stage):
        queue.run_next(workplace, pool)
    with workplace.store.write() as tx:
        claimed = tx.jobs.claim(workplace.clock())
    assert claimed is not None and claimed.attempts == 1, "each stage is tried as often"
    queue.begin(workplace)  # the worker died here, and the next one starts
    queue.run_pending(workplace, pool)
    assert jobs.get(workplace, job.job_id).state == "done"
    assert pool.tiers == ["draft", "standard"]


def test_a_worker_killed_between_heatmap_and_job_makes_no_second_draft(
    workplace: Workplace, pool: FakePool, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.store.jobs import Jobs

    job = explanations.request(workplace, case_id)
    assert isinstance(job, Job)

    def die(*words: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Jobs, "show", die)
        queue.run_next(workplace, pool)
    queue.begin(workplace)
    queue.run_pending(workplace, pool)
    assert jobs.get(workplace, job.job_id).state == "done"
    assert pool.tiers == ["draft", "standard"]


def test_the_best_heatmap_is_made_on_request_alone_and_then_counts(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    explanations.request(workplace, case_id)
    queue.run_pending(workplace, pool)
    job = explanations.request(workplace, case_id, tier="full")
    assert isinstance(job, Job) and not job.awaits_first
    queue.run_pending(workplace, pool)
    assert pool.tiers == ["draft", "standard", "full"]
    assert shown(workplace, case_id) == [("class:finding", "full")]
    for tier in ("draft", "standard", "full"):
        result = explanations.request(workplace, case_id, tier=tier)  # type: ignore[arg-type]
        assert isinstance(result, SavedExplanation) and result.tier == "full"


def test_first_heatmaps_come_before_anything_is_refined(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    for node in ("class:finding", "prototype:p00"):
        explanations.request(workplace, case_id, node=node)
    queue.run_pending(workplace, pool)
    assert list(zip(pool.tiers, pool.explained, strict=True)) == [
        ("draft", "class:finding"),
        ("draft", "prototype:p00"),
        ("standard", "class:finding"),
        ("standard", "prototype:p00"),
    ]


def ask_for_a_map(workplace: Workplace, case_id: str) -> None:
    explanations.request(workplace, case_id, node="prototype:p00")


def hand_in_an_image(workplace: Workplace, case_id: str) -> None:
    intake.add(workplace, png(2), name="b.png")


@pytest.mark.parametrize("urgent", [ask_for_a_map, hand_in_an_image])
def test_refining_gives_way_to_what_a_page_has_nothing_to_show_for(
    workplace: Workplace,
    pool: FakePool,
    case_id: str,
    urgent: Callable[[Workplace, str], None],
) -> None:
    job = explanations.request(workplace, case_id)
    assert isinstance(job, Job)
    queue.run_next(workplace, pool)
    pool.steps, pool.step_seconds = 2000, 0.01
    worker = threading.Thread(target=queue.run_next, args=(workplace, pool))
    worker.start()
    while jobs.get(workplace, job.job_id).progress == 0:
        time.sleep(0.02)
    urgent(workplace, case_id)
    worker.join(10)
    waiting = jobs.get(workplace, job.job_id)
    assert (waiting.state, waiting.attempts) == ("waiting", 0) and not worker.is_alive()
    pool.steps = 1
    done = len(pool.predicted) + len(pool.explained)
    queue.run_next(workplace, pool)
    assert jobs.get(workplace, job.job_id).state == "waiting"
    assert len(pool.predicted) + len(pool.explained) == done + 1
    queue.run_pending(workplace, pool)
    assert jobs.get(workplace, job.job_id).state == "done"


def test_a_heatmap_of_earlier_settings_is_shown_until_the_usual_one_is_there(
    workplace: Workplace, pool: FakePool, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        for tier, settings in TIERS.items():
            patch.setitem(TIERS, tier, replace(settings, batch=3))
        explanations.request(workplace, case_id)
        queue.run_pending(workplace, pool)
    (old,) = review.open_case(workplace, case_id).explanations
    assert old.tier == "standard" and old.is_of_earlier_settings
    job = explanations.request(workplace, case_id)
    assert isinstance(job, Job) and job.explanation_id == old.explanation_id
    queue.run_pending(workplace, pool)
    (new,) = review.open_case(workplace, case_id).explanations
    assert new.tier == "standard" and not new.is_of_earlier_settings
    assert pool.tiers == ["draft", "standard", "standard"]


def test_a_heatmap_from_before_its_placement_was_stored_is_read_without_one(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    explanations.request(workplace, case_id)
    queue.run_pending(workplace, pool)
    with workplace.store.write() as tx:
        for entry in tx._session.scalars(select(ExplanationEntry)):
            kept = {k: v for k, v in entry.facts.items() if k not in ("peak", "outside_body")}
            entry.facts = kept
    for old in review.open_case(workplace, case_id).maps:
        assert (old.saved.peak, old.saved.outside_body, old.is_unsettled) == (None, None, False)


def test_of_a_refused_image_no_class_is_explained_unless_it_is_named(
    workplace: Workplace, pool: FakePool
) -> None:
    pool.gate = by_brightness
    case_id = str(intake.add(workplace, png(1, level=10), name="dark.png").case_id)
    queue.run_pending(workplace, pool)
    with pytest.raises(WrongRequest, match=r"no call here\..*Name a class"):
        explanations.request(workplace, case_id)
    assert review.open_case(workplace, case_id).jobs == ()
    explanations.request(workplace, case_id, node="class:finding")
    queue.run_pending(workplace, pool)
    assert pool.explained == ["class:finding", "class:finding"]


def test_a_model_with_concepts_has_nodes_of_their_names_and_none_of_prototypes() -> None:
    info = BundleInfo(
        *("made", "0" * 64, "Made", ("none", "finding"), None),
        *(("token", "other (none)"), Path()),
        concepts=("token",),
    )
    assert canonical(" concept:token", info, predicted=None) == "concept:token"
    for node, said in (
        ("concept:other (none)", "no concept"),
        ("prototype:token", "no prototype"),
        ("vector:token", "no prototype"),
        ("axis:token", "concept:NAME"),
    ):
        with pytest.raises(WrongRequest, match=said):
            canonical(node, info, predicted=None)
