"""Other work while a thread waits."""

from __future__ import annotations

import threading

import pytest

from app.services.inference.meanwhile import Meanwhile
from dprotonet.errors import Cancelled


def test_other_work_is_done_until_the_answer_is_there() -> None:
    begun = threading.Event()
    beside = Meanwhile(begun.set, lambda: False)
    assert beside(lambda stop: begun.wait(10)) is True


def test_an_error_comes_out_as_it_is() -> None:
    def fails(stop: object) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        Meanwhile(lambda: None, lambda: False)(fails)


def until_told(stop: object) -> None:
    pause = threading.Event()
    for _ in range(1000):
        if stop():  # type: ignore[operator]
            raise Cancelled
        pause.wait(0.01)


def test_the_work_is_told_when_nobody_waits_for_it() -> None:
    with pytest.raises(Cancelled):
        Meanwhile(lambda: None, lambda: True)(until_told)


def test_the_work_is_told_when_the_other_work_fails() -> None:
    def outage() -> None:
        raise OSError("the database is away")

    with pytest.raises(OSError, match="away"):
        Meanwhile(outage, lambda: False)(until_told)
