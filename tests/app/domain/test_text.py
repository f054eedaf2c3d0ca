"""Numbers, dates and labels as sentences show them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.domain.text import (
    counted,
    distinct_percents,
    label_text,
    local_time,
    megabytes,
    number,
    percent,
    signed,
)


class Model:
    classes = ("none", "pneumonia")
    negative_class = "none"


@pytest.mark.parametrize(
    ("label", "text"),
    [("none", "none (pneumonia 60 %)"), ("pneumonia", "pneumonia · 40 %")],
)
def test_a_list_gives_a_negative_label_with_the_probability_of_the_finding(
    label: str, text: str
) -> None:
    assert label_text(label, 0.4, of=Model()) == text


def test_a_list_of_several_findings_gives_that_of_any() -> None:
    of_more = Model()
    of_more.classes = ("none", "nodule", "effusion")  # type: ignore[assignment]
    assert label_text("none", 0.4, of=of_more) == "none (any finding 60 %)"
    assert label_text("none", 0.4) == "none · 40 %", "a model that is gone"


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("finding", "finding · 82 %"),
        # The probability of one is not that of both, nor of none.
        ("none + finding", "none + finding"),
        ("none called", "none called"),
    ],
)
def test_a_list_gives_a_probability_to_one_finding_alone(label: str, text: str) -> None:
    assert label_text(label, 0.82) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.0, "0 %"), (0.004, "< 1 %"), (0.784, "78 %"), (0.996, "> 99 %"), (1.0, "100 %")],
)
def test_a_percentage_is_not_rounded_to_certainty(fraction: float, text: str) -> None:
    assert percent(fraction) == text


def test_close_fractions_get_as_many_digits_as_it_takes_to_tell_them_apart() -> None:
    assert distinct_percents(0.5, 0.5) == ("50 %", "50 %")
    assert distinct_percents(0.616, 0.6175) == ("61.6 %", "61.8 %")
    assert distinct_percents(0.9991, 0.9992) == ("99.91 %", "99.92 %")


def test_numbers_have_a_true_minus_and_what_rounds_to_zero_has_none() -> None:
    assert (signed(1.84), signed(-0.2)) == ("+1.84", "−0.20")
    assert (number(-0.204), number(-0.001), number(0.8291, 3)) == ("−0.20", "0.00", "0.829")


def test_counts_agree_with_their_noun() -> None:
    assert (counted(1, "file"), counted(1200, "file")) == ("1 file", "1,200 files")
    assert counted(2, "prototype judged", "prototypes judged") == "2 prototypes judged"
    assert megabytes(512 * 1024 * 1024) == "512 MB"


def test_a_moment_is_given_in_local_time_to_the_minute() -> None:
    moment = datetime(2026, 3, 1, 12, 30, 59).astimezone()
    assert local_time(moment.astimezone(UTC)) == "2026-03-01 12:30"
