"""What is spent, and how far a method has come."""

import pytest

from dprotonet.errors import Cancelled
from dprotonet.explain.masking.progress import JointProgress, Work


def test_a_backward_pass_counts_as_two_forward_ones_and_the_end_is_never_reported_early():
    reported: list[float] = []
    work = Work(reported.append)
    work.plan(4, 3)
    work.count(1, 0)
    work.count(0, 2)
    assert reported == [pytest.approx(0.1), pytest.approx(0.5)]
    work.count(20, 20)
    assert reported[-1] == 0.99
    work.report(1.0)
    assert reported[-1] == 1.0 == work.fraction_reported
    assert (work.forward_passes, work.backward_passes) == (21, 22)
    assert work.seconds >= 0


def test_nothing_is_reported_before_there_is_a_plan_and_progress_never_falls():
    reported: list[float] = []
    work = Work(reported.append)
    work.count(5, 5)
    assert reported == []
    work.report(0.5)
    work.report(0.4)
    assert reported == [0.5]


def test_work_stops_where_it_is_checked_once_it_is_cancelled():
    answers = iter([False, True])
    work = Work(cancelled=lambda: next(answers))
    work.check()
    with pytest.raises(Cancelled):
        work.check()
    Work().check()


def test_the_progress_of_several_images_is_their_mean_and_ends_once():
    reported: list[float] = []
    works = [Work(), Work()]
    joint = JointProgress(works, reported.append)
    joint.plan(10, 0)
    works[0].count(5, 0)
    works[1].count(5, 0)
    joint.finish()
    assert reported == [0.25, 0.5, pytest.approx(0.75), 1.0]
