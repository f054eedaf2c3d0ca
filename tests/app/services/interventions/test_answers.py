"""What a page gets of a try."""

import json
from dataclasses import replace

import pytest

from app.domain.errors import Refused
from app.domain.interventions.changes import Change
from app.services import review
from app.services.inference import queue
from app.services.interventions import answers, asking
from app.services.interventions.words import LOOKING
from app.services.workplace import Workplace
from tests.app.services.interventions.test_asking import BOX, HIDDEN
from tests.app.services.workplaces import FakePool


def test_a_try_that_waits_says_so_and_one_that_failed_says_why(
    workplace: Workplace, case: str
) -> None:
    one = asking.request(workplace, case, frame=0, change=HIDDEN)
    assert answers.answer(workplace, one) == {
        "id": one.try_id,
        "state": "waiting",
        "text": LOOKING,
    }
    ended = asking.cancel(workplace, one.try_id)
    assert answers.answer(workplace, ended)["text"] == "Cancelled."
    with pytest.raises(Refused, match="The model is gone"):
        answers.answer(workplace, replace(one, state="failed", message="The model is gone."))


def test_a_try_that_is_done_has_all_that_is_shown_of_it(
    workplace: Workplace, pool: FakePool, case: str
) -> None:
    change = Change(off=("p01",), region=BOX)
    one = asking.request(workplace, case, frame=0, change=change)
    queue.run_pending(workplace, pool)
    told = answers.answer(workplace, asking.result(workplace, one.try_id))
    assert json.loads(json.dumps(told)) == told
    before = review.open_case(workplace, case).prediction
    assert before is not None
    assert (told["id"], told["state"], told["off"]) == (one.try_id, "done", ["p01"])
    assert told["region"] == change.to_json()["region"]
    assert [entry["name"] for entry in told["probabilities"]] == ["none", "finding"]
    assert told["probabilities"][1]["before"] == before.probabilities["finding"]
    assert "p01" not in {name for bar in told["bars"] for name in bar["prototypes"]}
    assert told["together"]["evidence"] == pytest.approx(
        sum(value for name, value in told["evidence"].items() if name != "p01")
    )
