"""One open case: gone, failed, read again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.services.workplace import Workplace
from tests.app.services.workplaces import png
from tests.app.views.screen import Screen

Worker = Callable[[], int]


def test_a_case_that_is_gone_is_a_sentence_with_a_way_back(screen: Screen) -> None:
    screen.app.query_params["case"] = "0123456789abcdef"
    screen.run()
    assert len(screen.errors) == 1
    screen.press("All cases")
    assert "No images yet" in screen.text


def test_a_prediction_that_failed_says_why_and_can_be_tried_again(
    screen: Screen,
    workplace: Workplace,
    worker: Worker,
    pool: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dprotonet.errors import UnusableBundle

    def refuse(*args: object, **named: object) -> object:
        raise UnusableBundle("The head was altered. Add the model again.")

    with monkeypatch.context() as patch:
        patch.setattr(pool, "predict", refuse)
        screen.upload(("a.png", png(level=200)))
        worker()
        assert screen.run().errors == ["The head was altered. Add the model again."]
    screen.press("Try again")
    worker()
    assert "4 contributions" in screen.run().text
