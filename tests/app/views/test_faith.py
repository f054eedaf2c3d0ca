"""The words for how far a heatmap can be believed."""

from typing import Any

import pytest

from app.views.parts.faith import (
    doubt_words,
    hiding_words,
    map_words,
    origin_words,
    trust_words,
)
from tests.app.domain.test_explanations import saved


def hiding(node: str = "class:finding", **changes: Any) -> str:
    one = saved(node, **changes)
    assert one.measured is not None
    return hiding_words(one, one.measured).replace("*", "")


def test_hiding_what_is_marked_is_told_beside_hiding_something_else() -> None:
    assert hiding() == (
        "Hiding the marked fifth of the film lowers the probability of finding from 0.91 to 0.22; "
        "hiding an equal random region leaves 0.88."
    )


def test_a_similarity_is_told_with_three_digits() -> None:
    assert "lowers the similarity to p07 from 0.910 to 0.220;" in hiding("prototype:p07")


@pytest.mark.parametrize(
    ("hidden", "words"),
    [
        (0.95, "raises the probability of finding from 0.91 to 0.95;"),
        (0.912, "leaves the probability of finding at 0.91;"),
        (0.906, "leaves the probability of finding at 0.91;"),
        (0.0, "lowers the probability of finding from 0.91 to 0.00;"),
    ],
)
def test_it_is_said_plainly_when_hiding_does_not_lower_the_value(hidden: float, words: str) -> None:
    assert words in hiding(hidden_value=hidden)


def test_it_is_said_plainly_when_hiding_something_else_lowers_the_value_more() -> None:
    words = hiding(hidden_value=0.87, random_hidden_value=0.74)
    assert "from 0.91 to 0.87; hiding an equal random region lowers it more, to 0.74." in words
    assert not trust_words(saved(hidden_value=0.87, random_hidden_value=0.74))
    words = hiding(hidden_value=0.95, random_hidden_value=0.74)
    assert "from 0.91 to 0.95; hiding an equal random region lowers it, to 0.74." in words
    words = hiding(hidden_value=0.95, random_hidden_value=0.93)
    assert words.endswith("hiding an equal random region leaves 0.93.")
    assert hiding(random_hidden_value=0.219).endswith("leaves 0.22.")


def test_small_probabilities_are_told_with_a_digit_more() -> None:
    words = hiding(value_before=0.031, hidden_value=0.012, random_hidden_value=0.03)
    assert "from 0.031 to 0.012;" in words and "leaves 0.030." in words


@pytest.mark.parametrize(
    ("area", "words"), [(0.2, "fifth"), (0.5, "half"), (0.25, "quarter"), (0.15, "15 %")]
)
def test_the_marked_part_is_named_as_a_reader_would(area: float, words: str) -> None:
    assert hiding(area=area).startswith(f"Hiding the marked {words} of the film")


def test_a_name_of_a_class_is_never_read_as_markup() -> None:
    assert r"\_finding\_" in hiding("class:_finding_")


def test_no_map_is_both_praised_and_doubted() -> None:
    assert trust_words(saved()) and not doubt_words(saved())
    doubtful = saved(centre_insertion_auc=0.9)
    assert doubt_words(doubtful) and not trust_words(doubtful)
    unknown = saved(faithfulness={"insertion_auc": 0.6})
    assert not doubt_words(unknown) and not trust_words(unknown)


def test_equal_to_the_centre_is_not_better_than_it() -> None:
    assert "blob" in doubt_words(saved(centre_insertion_auc=0.6, centre_deletion_auc=0.2))


def test_a_map_says_how_it_was_made() -> None:
    assert origin_words(saved()) == "Refined map, made in 4.1 s."
    assert origin_words(saved(tier="draft")) == "First map, made in 4.1 s."
    assert origin_words(saved(tier="")) == "Map, made in 4.1 s with earlier settings."
    assert map_words(saved(tier="draft")) == "Class finding (first map)"
    assert map_words(saved()) == "Class finding"
