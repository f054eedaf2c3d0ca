"""How a model does here, from what was predicted and signed."""

from __future__ import annotations

import pytest

from app.domain.actors import Actor
from app.domain.figures.performance import Failure
from app.services import models, review
from app.services.figures import performance
from app.services.inference import queue
from app.services.studies import blinding
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import FakePool, active_model, by_brightness, dicom, png


@pytest.fixture
def cases(workplace: Workplace, pool: FakePool) -> list[str]:
    """Three bright images, a dark one that is refused, and a DICOM image."""
    pool.gate = by_brightness
    files = [*[png(n, level=230) for n in range(3)], png(1, level=0), dicom(4)]
    ids = [
        str(intake.add(workplace, data, name=f"{number}.png").case_id)
        for number, data in enumerate(files)
    ]
    queue.run_pending(workplace, pool)
    return ids


def sign(workplace: Workplace, case_id: str, verdict: str, revision: int = 0) -> None:
    review.sign(
        workplace,
        case_id,
        verdict=verdict,  # type: ignore[arg-type]
        confidence=3,
        expected_revision=revision,
        text=f"{verdict} it",
    )


def failures(workplace: Workplace, **more: int) -> list[Failure]:
    digest = active_model(workplace).digest
    return list(performance.failures(workplace, digest, **more).rows)


def test_failures_are_what_the_last_verdict_rejects_newest_first(
    workplace: Workplace, cases: list[str]
) -> None:
    sign(workplace, cases[0], "reject")
    sign(workplace, cases[1], "accept")
    sign(workplace, cases[3], "wrongly refused")
    sign(workplace, cases[2], "reject")
    assert [row.case_id for row in failures(workplace)] == [cases[2], cases[3], cases[0]]
    assert failures(workplace)[1].predicted is None
    assert failures(workplace)[2].text == "reject it"
    assert [row.case_id for row in failures(workplace, page=1, size=2)] == [cases[0]]
    sign(workplace, cases[0], "accept", 1)
    assert [row.case_id for row in failures(workplace)] == [cases[2], cases[3]]
    other = next(i for i in models.all(workplace) if i != active_model(workplace))
    assert performance.failures(workplace, other.digest).total == 0


def test_slices_count_each_image_once_and_follow_a_new_verdict(
    workplace: Workplace, cases: list[str]
) -> None:
    digest = active_model(workplace).digest
    assert performance.worst_slices(workplace, digest).overall.read == 0
    for case_id in (cases[0], cases[1], cases[4]):
        sign(workplace, case_id, "accept")
    sign(workplace, cases[3], "rightly refused")  # no prediction that could be rejected
    found = performance.worst_slices(workplace, digest)
    assert (found.overall.read, found.overall.rejected) == (3, 0)
    assert {(r.name, r.read) for r in found.rows if r.kind == "modality"} == {
        ("DX", 1),
        ("not stated", 2),
    }
    sign(workplace, cases[0], "reject", 1)
    found = performance.worst_slices(workplace, digest)
    assert (found.overall.read, found.overall.rejected) == (3, 1)


def test_weeks_say_what_was_called_refused_and_which_prototypes_spoke(
    workplace: Workplace, cases: list[str]
) -> None:
    (week,) = performance.drift(workplace, active_model(workplace).digest).weeks
    assert (week.images, week.refused, week.called) == (5, 1, 4 - week_negative(workplace, cases))
    assert week.looked_at == 4 and sum(week.use.values()) == pytest.approx(1)
    assert week.use["p00"] > week.use["p03"] > 0


def week_negative(workplace: Workplace, cases: list[str]) -> int:
    """How many of them were called negative."""
    said = [review.open_case(workplace, case_id).prediction for case_id in cases]
    return sum(p is not None and p.label == "none" for p in said)


def test_nothing_is_computed_again_until_something_changes(
    workplace: Workplace, cases: list[str], pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = active_model(workplace).digest
    first = performance.drift(workplace, digest)
    assert performance.drift(workplace, digest) is first
    intake.add(workplace, png(9, level=230), name="new.png")
    queue.run_pending(workplace, pool)
    second = performance.drift(workplace, digest)
    assert second.weeks[0].images == first.weeks[0].images + 1
    review.delete_case(workplace, cases[0])
    assert performance.drift(workplace, digest).weeks[0].images == first.weeks[0].images


def test_only_the_newest_are_looked_at_and_that_is_said(
    workplace: Workplace, cases: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = active_model(workplace).digest
    monkeypatch.setattr(performance, "MOST_SCORES", 2)
    monkeypatch.setattr(performance, "LOOKED_AT", 1)
    cut = performance.drift(workplace, digest)
    assert cut.is_cut and cut.weeks[0].images == 2 and cut.weeks[0].looked_at == 1


def test_before_their_own_read_nothing_of_an_image_is_counted_for_a_reader(
    workplace: Workplace, cases: list[str]
) -> None:
    sign(workplace, cases[0], "reject")
    digest, ben = active_model(workplace).digest, workplace.of(Actor("Ben"))
    blinding.set_reads_first(ben, True)
    assert performance.failures(ben, digest).total == 0
    assert performance.worst_slices(ben, digest).overall.read == 0
    assert performance.drift(ben, digest).weeks == ()
    assert performance.drift(workplace, digest).weeks[0].images == 5
