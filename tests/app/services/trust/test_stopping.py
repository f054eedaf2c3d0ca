"""A model that is stopped reads no new image, and what it said before stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.actors import Actor
from app.domain.errors import Forbidden, NotFound, Refused
from app.services import batches, models, review
from app.services.inference import queue
from app.services.report import case_report
from app.services.trust import stopping
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.report.reading import text_of
from tests.app.services.workplaces import FakePool, active_model, png

WHY = "It calls every pacemaker a nodule"


def test_new_images_are_not_read_and_no_other_model_takes_its_place(
    workplace: Workplace, pool: FakePool
) -> None:
    before = str(intake.add(workplace, png(1, level=200), name="before.png").case_id)
    queue.run_pending(workplace, pool)
    info = active_model(workplace)
    stopping.stop(workplace, info.digest, WHY)
    assert models.active(workplace) is None and models.chosen(workplace) == info
    after = str(intake.add(workplace, png(2, level=200), name="after.png").case_id)
    queue.run_pending(workplace, pool)
    assert review.open_case(workplace, after).prediction is None
    kept = review.open_case(workplace, before)
    assert kept.prediction is not None and kept.model == info.digest
    assert "This model is stopped by Reader One on" in text_of(
        case_report.of_case(workplace, before)
    )


def test_images_that_wait_for_it_are_not_read_and_say_why(
    workplace: Workplace, pool: FakePool
) -> None:
    digest = active_model(workplace).digest
    waiting = str(intake.add(workplace, png(1, level=200), name="a.png").case_id)
    job = batches.start_upload(workplace, [("b.png", png(2)), ("c.png", png(3))])
    stopping.stop(workplace, digest, WHY)
    queue.run_pending(workplace, pool)
    assert pool.predicted == []
    assert WHY in review.open_case(workplace, waiting).problem
    rows = batches.rows(workplace, job.job_id).rows
    assert [row.state for row in rows] == ["error", "error"] and WHY in rows[0].message
    stopping.lift(workplace, digest)
    batches.retry(workplace, job.job_id)
    queue.run_pending(workplace, pool)
    assert batches.progress(workplace, job.job_id).counts == {"done": 2}


def test_neither_a_batch_nor_an_activation_takes_it_until_it_is_lifted(
    workplace: Workplace,
) -> None:
    digest = active_model(workplace).digest
    stopping.stop(workplace, digest, WHY)
    for use in (
        lambda: batches.start_upload(workplace, [("b.png", png(2))]),
        lambda: batches.start_upload(workplace, [("b.png", png(2))], model=digest),
        lambda: models.set_active(workplace, digest),
    ):
        with pytest.raises(Refused, match=f"stopped by Reader One on .*: {WHY}"):
            use()
    stopping.lift(workplace, digest)
    assert models.set_active(workplace, digest).digest == digest


def test_another_model_can_be_chosen_while_one_is_stopped(workplace: Workplace) -> None:
    first = active_model(workplace)
    stopping.stop(workplace, first.digest, WHY)
    other = next(info for info in models.all(workplace) if info.digest != first.digest)
    assert models.set_active(workplace, other.digest) == active_model(workplace) == other


def test_both_steps_are_in_the_audit_without_the_words(workplace: Workplace) -> None:
    digest = active_model(workplace).digest
    stopping.stop(workplace, digest, WHY)
    stopping.lift(workplace, digest)
    with workplace.store.read() as tx:
        entries = list(tx.audit.entries())
    assert [entry.action for entry in entries] == ["model stopped", "model stop lifted"]
    assert {entry.bundle for entry in entries} == {digest} and WHY not in repr(entries)


def test_a_stop_needs_a_reason_a_model_and_the_role_of_a_lead(workplace: Workplace) -> None:
    digest = active_model(workplace).digest
    for reason in ("", " \n", "x" * 301):
        with pytest.raises(Refused):
            stopping.stop(workplace, digest, reason)
    with pytest.raises(NotFound):
        stopping.stop(workplace, "0" * 64, WHY)
    with pytest.raises(Refused, match="not stopped"):
        stopping.lift(workplace, digest)
    reader = replace(workplace, actor=Actor("Ben", "reader", frozenset({"adjudicator"})))
    with pytest.raises(Forbidden):
        stopping.stop(reader, digest, WHY)
    stopping.stop(workplace, digest, WHY)
    with pytest.raises(Refused, match="stopped by Reader One"):
        stopping.stop(workplace, digest, "again")
    with pytest.raises(Forbidden):
        stopping.lift(reader, digest)
