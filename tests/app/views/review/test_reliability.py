"""The words for what was measured of a heatmap: sentences, no praise."""

from typing import Any

import pytest

from app.domain.explanations import OfferedHeatmap
from app.views.review.reliability import (
    NOT_MEASURED,
    doubt_words,
    fragile_words,
    hiding_words,
    map_words,
    measured_words,
    origin_words,
    outside_words,
    unsettled_words,
    warnings,
)
from tests.app.domain.test_explanations import saved


def hiding(node: str = "class:finding", **changes: Any) -> str:
    one = saved(node, **changes)
    assert one.measured is not None
    return hiding_words(one, one.measured)


def test_hiding_what_is_marked_is_told_beside_hiding_a_random_part() -> None:
    assert hiding(value_before=0.99, hidden_value=0.0, random_hidden_value=0.99) == (
        "Hiding the marked fifth lowers the probability of finding from 0.99 to 0.00; "
        "hiding a random fifth leaves it at 0.99."
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


@pytest.mark.parametrize(
    ("random", "words"),
    [
        (0.88, "; hiding a random fifth lowers it to 0.88."),
        (0.94, "; hiding a random fifth raises it to 0.94."),
        (0.909, "; hiding a random fifth leaves it at 0.91."),
    ],
)
def test_what_hiding_a_random_part_does_is_said_as_it_is(random: float, words: str) -> None:
    assert hiding(random_hidden_value=random).endswith(words)


def test_it_is_said_when_hiding_a_random_part_lowers_the_value_more() -> None:
    words = hiding(hidden_value=0.87, random_hidden_value=0.74)
    assert words.endswith("from 0.91 to 0.87; hiding a random fifth lowers it more, to 0.74.")
    words = hiding(hidden_value=0.95, random_hidden_value=0.74)
    assert words.endswith("from 0.91 to 0.95; hiding a random fifth lowers it to 0.74.")


def test_small_probabilities_are_told_with_a_digit_more() -> None:
    words = hiding(value_before=0.031, hidden_value=0.012, random_hidden_value=0.03)
    assert "from 0.031 to 0.012;" in words and words.endswith("lowers it to 0.030.")


@pytest.mark.parametrize(
    ("area", "words"), [(0.2, "fifth"), (0.5, "half"), (0.25, "quarter"), (0.15, "15 %")]
)
def test_the_marked_part_is_named_as_a_reader_would(area: float, words: str) -> None:
    assert hiding(area=area).startswith(f"Hiding the marked {words} ")


def test_a_prediction_that_a_random_part_changes_much_is_called_fragile() -> None:
    one = saved(value_before=0.99, hidden_value=0.0, random_hidden_value=0.4)
    assert fragile_words(one) == (
        "Hiding a random fifth already changes the probability of finding from 0.99 to 0.40: "
        "this prediction is fragile on this image."
    )
    assert measured_words(one) == (
        "Hiding the marked fifth lowers the probability of finding from 0.99 to 0.00."
    )
    assert warnings(OfferedHeatmap(one)) == [fragile_words(one)]
    rising = saved(value_before=0.3, hidden_value=0.1, random_hidden_value=0.55)
    assert "from 0.30 to 0.55: this prediction is fragile" in fragile_words(rising)


def test_a_steady_prediction_and_a_similarity_are_not_called_fragile() -> None:
    assert not fragile_words(saved(value_before=0.99, random_hidden_value=0.8))
    assert not fragile_words(saved("prototype:p07", value_before=0.99, random_hidden_value=0.1))
    assert not fragile_words(saved(faithfulness={"insertion_auc": 0.6}))


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (None, ""),
        (0.0, "Less than 1 % of the map lies outside the body."),
        (0.004, "Less than 1 % of the map lies outside the body."),
        (0.31, "31 % of the map lies outside the body."),
    ],
)
def test_the_maps_share_outside_the_body_is_told_where_it_is_known(
    share: float | None, words: str
) -> None:
    one = saved(outside_body=share)
    assert outside_words(one) == words
    assert measured_words(one).endswith(words)


def test_a_map_without_measurements_says_so_and_nothing_else() -> None:
    unknown = saved(faithfulness={"insertion_auc": 0.6})
    assert measured_words(unknown) == NOT_MEASURED
    assert warnings(OfferedHeatmap(unknown)) == []


def test_two_maps_that_peak_at_different_places_are_both_said_to_be_unsettled() -> None:
    refined = OfferedHeatmap(saved(), is_unsettled=True)
    first = OfferedHeatmap(saved(tier="draft"), is_superseded=True, is_unsettled=True)
    assert warnings(refined) == [
        "Its peak lies elsewhere than that of the first map: neither is settled."
    ]
    assert warnings(first) == ["The refined map has its peak elsewhere: neither is settled."]
    assert not unsettled_words(OfferedHeatmap(saved()))


def test_equal_to_the_centre_is_not_better_than_it() -> None:
    assert "blob" in doubt_words(saved(centre_insertion_auc=0.6, centre_deletion_auc=0.2))
    assert not doubt_words(saved())


def test_a_map_says_how_it_was_made() -> None:
    assert origin_words(saved()) == "Refined map, made in 4.1 s."
    assert origin_words(saved(tier="draft")) == "First map, made in 4.1 s."
    assert origin_words(saved(tier="")) == "Map, made in 4.1 s with earlier settings."
    assert map_words(saved(tier="draft")) == "Class finding (first map)"
    assert map_words(saved()) == "Class finding"
