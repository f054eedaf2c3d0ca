"""What a reader tries: answered at once or by the worker, once, and kept until they sign."""

import pytest

from app.domain.actors import Actor
from app.domain.errors import NotFound, Refused
from app.domain.interventions.changes import Change, DrawnRegion
from app.domain.marks import Mark
from app.services import models, review
from app.services.adapters.last_layer import contributions_of
from app.services.checks import site_choice
from app.services.inference import queue
from app.services.interventions import asking
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.interventions.tries import CANCELLED, REPLACED
from dprotonet.errors import WrongRequest
from dprotonet.inference.decision import DecisionRule
from tests.app.services.checks.conftest import site_settings
from tests.app.services.workplaces import FakePool, active_model, by_brightness, png

OFF = Change(off=("p01",))
BOX = DrawnRegion((Mark("rectangle", ((2.0, 2.0), (9.0, 12.0))),))
HIDDEN = Change(region=BOX)


def test_prototypes_that_are_off_are_answered_at_once(workplace: Workplace, case: str) -> None:
    one = asking.request(workplace, case, frame=0, change=OFF)
    before = review.open_case(workplace, case).prediction
    assert one.state == "done" and one.result is not None and before is not None
    bundle = models.bundle(workplace, one.model)
    contributions = contributions_of(bundle, before)
    for name, row in contributions.items():
        left = sum(value for prototype, value in row.items() if prototype != "p01")
        assert one.result.logits[name] == pytest.approx(left)
    evidence = {match.prototype: match.evidence for match in before.matches}
    assert one.result.evidence == evidence | {"p01": 0.0}


def test_a_region_is_the_worker_s_and_the_same_work_is_done_once_for_all(
    workplace: Workplace, pool: FakePool, case: str
) -> None:
    ann, ben = (workplace.of(Actor(name)) for name in ("Ann", "Ben"))
    first = asking.request(ann, case, frame=0, change=HIDDEN)
    assert first.state == "waiting"
    assert asking.request(ann, case, frame=0, change=HIDDEN) == first
    queue.run_pending(workplace, pool)
    done = asking.result(ann, first.try_id)
    assert done.state == "done" and done.result is not None and done.result.control is not None
    second = asking.request(ben, case, frame=0, change=HIDDEN)
    assert (second.state, second.result) == ("done", done.result)
    assert second.try_id != done.try_id and len(pool.intervened) == 1


def test_a_newer_try_takes_the_place_of_one_that_waits(
    workplace: Workplace, pool: FakePool, case: str
) -> None:
    first = asking.request(workplace, case, frame=0, change=HIDDEN)
    both = Change(off=("p00",), region=BOX)
    second = asking.request(workplace, case, frame=0, change=both)
    queue.run_pending(workplace, pool)
    assert asking.result(workplace, first.try_id).message == REPLACED
    assert asking.result(workplace, second.try_id).state == "done"
    assert len(pool.intervened) == 1


def test_a_try_is_cancelled_and_is_nobody_else_s(workplace: Workplace, case: str) -> None:
    one = asking.request(workplace, case, frame=0, change=HIDDEN)
    other = workplace.of(Actor("Somebody Else"))
    for ask in (asking.result, asking.cancel):
        with pytest.raises(NotFound):
            ask(other, one.try_id)
    ended = asking.cancel(workplace, one.try_id)
    assert (ended.state, ended.message) == ("cancelled", CANCELLED)


def test_what_cannot_be_tried_is_said(workplace: Workplace, pool: FakePool) -> None:
    pool.gate = by_brightness
    case = str(intake.add(workplace, png(2, level=10), name="dark.png").case_id)
    with pytest.raises(Refused, match="no prediction of this case yet"):
        asking.request(workplace, case, frame=0, change=OFF)
    queue.run_pending(workplace, pool)
    for change in (OFF, HIDDEN):
        with pytest.raises(WrongRequest, match="makes no call here"):
            asking.request(workplace, case, frame=0, change=change)
    bright = str(intake.add(workplace, png(3, level=220), name="bright.png").case_id)
    queue.run_pending(workplace, pool)
    with pytest.raises(WrongRequest, match="no prototype “p99”"):
        asking.request(workplace, bright, frame=0, change=Change(off=("p99",)))
    with pytest.raises(NotFound, match="no frame 2"):
        asking.request(workplace, bright, frame=1, change=OFF)
    with pytest.raises(NotFound):
        asking.request(workplace, "gone", frame=0, change=OFF)


def test_what_was_tried_since_the_last_signature_is_kept_for_the_next(
    workplace: Workplace, pool: FakePool, case: str
) -> None:
    ann, ben = (workplace.of(Actor(name)) for name in ("Ann", "Ben"))
    asking.request(ben, case, frame=0, change=OFF)
    asking.request(ann, case, frame=0, change=HIDDEN)
    queue.run_pending(workplace, pool)
    for change in (OFF, HIDDEN, OFF):  # two of these were tried before
        asking.request(ann, case, frame=0, change=change)
    region, off = asking.tried(ann, case, frame=0)
    assert region["region"]["marks"][0]["points"] == [[2.0, 2.0], [9.0, 12.0]]
    assert (off["off"], off["region"], off["control"]) == (["p01"], None, None)
    assert (region["label_before"], region["label"]) == ("finding", "none")
    assert region["after"]["finding"] == pytest.approx(region["before"]["finding"] / 2)
    assert region["control"]["sd"] == {"none": 0.05, "finding": 0.05}
    review.sign(ann, case, verdict="accept", confidence=4, expected_revision=0)
    assert asking.tried(ann, case, frame=0) == []
    asking.request(ann, case, frame=0, change=HIDDEN)
    assert len(asking.tried(ann, case, frame=0)) == len(asking.tried(ben, case, frame=0)) == 1


def test_what_was_tried_goes_with_its_case(workplace: Workplace, pool: FakePool, case: str) -> None:
    one = asking.request(workplace, case, frame=0, change=HIDDEN)
    review.delete_case(workplace, case)
    queue.run_pending(workplace, pool)
    assert pool.intervened == []
    with pytest.raises(NotFound):
        asking.result(workplace, one.try_id)


def test_the_site_s_own_threshold_and_calibration_decide_where_the_case_is_read_under_them(
    workplace: Workplace, pool: FakePool
) -> None:
    info = active_model(workplace)
    own = site_settings(info, temperature=0.5, offsets={"none": 1.0, "finding": -1.0})
    site_choice.use(workplace, info.digest, own)
    case = str(intake.add(workplace, png(4, level=210), name="a.png").case_id)
    queue.run_pending(workplace, pool)
    one = asking.request(workplace, case, frame=0, change=OFF)
    assert one.site == own.digest and one.result is not None
    rule = DecisionRule.of(models.bundle(workplace, info.digest), own)
    assert one.result.probabilities == rule.probabilities(one.result.logits)
    site_choice.stop(workplace, info.digest)
    review.follow_site(workplace, case)
    queue.run_pending(workplace, pool)
    again = asking.request(workplace, case, frame=0, change=OFF)
    assert (again.site, again.key != one.key) == ("", True)
    assert again.result is not None and again.result.logits == pytest.approx(one.result.logits)
    assert again.result.probabilities != one.result.probabilities
