"""How long a revision waits after a failure, and what a list shows of several."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.domain.sending.sending import (
    FIRST_WAIT,
    LONGEST_WAIT,
    MOST_ATTEMPTS,
    SEND_STATES,
    mark_of,
    wait_after,
)


def test_each_failure_doubles_the_wait_up_to_an_hour_and_after_days_it_is_given_up() -> None:
    waits = [wait_after(attempts) for attempts in range(1, MOST_ATTEMPTS)]
    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT and wait_after(MOST_ATTEMPTS) is None
    known = [wait for wait in waits if wait is not None]
    assert len(known) == len(waits) and all(b >= a for a, b in pairwise(known))
    assert 3 < sum(known) / 86_400 < 5  # days


@given(st.lists(st.sampled_from(SEND_STATES)))
def test_what_needs_a_person_is_never_hidden_by_what_went_well(states: list) -> None:
    mark = mark_of(states)
    assert (mark is None) == (not states)
    if "refused" in states or "failed" in states:
        assert mark in ("refused", "failed")
    elif "waiting" in states or "sending" in states:
        assert mark in ("waiting", "sending")
