"""The sentences about what was measured of a heatmap."""

from typing import Any

import pytest

from app.domain.explanations import OfferedHeatmap
from app.services.room.reliability import (
    NOT_MEASURED,
    control_text,
    fragile_text,
    heatmap_title,
    hiding_text,
    measured_text,
    node_title,
    origin_text,
    outside_text,
    peak_text,
    value_name,
    warnings,
)
from dprotonet.explain.explanation import NO_READER, READER, REFINED, SEARCH
from tests.app.domain.test_explanations import saved


def hiding(node: str = "class:finding", **changes: Any) -> str:
    explanation = saved(node, **changes)
    assert explanation.faithfulness is not None
    return hiding_text(explanation, explanation.faithfulness)


def test_the_effect_of_hiding_the_marked_part_stands_beside_that_of_a_random_part() -> None:
    assert hiding(value_before=0.99, hidden_value=0.0, random_hidden_value=0.99) == (
        "Hiding the marked 20 % of the image lowers the probability of finding from 0.99 to 0.00; "
        "hiding a random 20 % leaves it at 0.99."
    )


def test_a_similarity_is_given_with_three_digits() -> None:
    assert "lowers the similarity to p07 from 0.910 to 0.220;" in hiding("prototype:p07")


@pytest.mark.parametrize(
    ("hidden", "text"),
    [
        (0.95, "raises the probability of finding from 0.91 to 0.95;"),
        (0.912, "leaves the probability of finding at 0.91;"),
        (0.906, "leaves the probability of finding at 0.91;"),
        (0.0, "lowers the probability of finding from 0.91 to 0.00;"),
    ],
)
def test_the_text_says_so_when_hiding_does_not_lower_the_value(hidden: float, text: str) -> None:
    assert text in hiding(hidden_value=hidden)


@pytest.mark.parametrize(
    ("random", "text"),
    [
        (0.88, "; hiding a random 20 % lowers it to 0.88."),
        (0.94, "; hiding a random 20 % raises it to 0.94."),
        (0.909, "; hiding a random 20 % leaves it at 0.91."),
    ],
)
def test_the_effect_of_hiding_a_random_part_has_its_direction(random: float, text: str) -> None:
    assert hiding(random_hidden_value=random).endswith(text)


def test_the_text_says_so_when_hiding_a_random_part_lowers_the_value_more() -> None:
    text = hiding(hidden_value=0.87, random_hidden_value=0.74)
    assert text.endswith("from 0.91 to 0.87; hiding a random 20 % lowers it more, to 0.74.")
    text = hiding(hidden_value=0.95, random_hidden_value=0.74)
    assert text.endswith("from 0.91 to 0.95; hiding a random 20 % lowers it to 0.74.")


def test_small_probabilities_are_given_with_one_more_digit() -> None:
    text = hiding(value_before=0.031, hidden_value=0.012, random_hidden_value=0.03)
    assert "from 0.031 to 0.012;" in text and text.endswith("lowers it to 0.030.")


@pytest.mark.parametrize(
    ("area", "text"), [(0.2, "20 %"), (0.5, "50 %"), (0.25, "25 %"), (0.15, "15 %")]
)
def test_the_marked_part_is_given_as_a_percentage_of_the_image(area: float, text: str) -> None:
    assert hiding(area=area).startswith(f"Hiding the marked {text} of the image ")


def test_a_prediction_that_a_random_part_changes_much_is_called_fragile() -> None:
    explanation = saved(value_before=0.99, hidden_value=0.0, random_hidden_value=0.4)
    assert fragile_text(explanation) == (
        "This prediction is fragile: hiding a random 20 % of the image changes the probability of "
        "finding from 0.99 to 0.40."
    )
    assert measured_text(explanation) == (
        "Hiding the marked 20 % of the image lowers the probability of finding from 0.99 to 0.00."
    )
    assert warnings(OfferedHeatmap(explanation)) == [fragile_text(explanation)]
    rising = saved(value_before=0.3, hidden_value=0.1, random_hidden_value=0.55)
    assert "is fragile: hiding a random 20 %" in fragile_text(rising)
    assert fragile_text(rising).endswith("from 0.30 to 0.55.")


def test_a_steady_prediction_and_a_similarity_are_not_called_fragile() -> None:
    assert not fragile_text(saved(value_before=0.99, random_hidden_value=0.8))
    assert not fragile_text(saved("prototype:p07", value_before=0.99, random_hidden_value=0.1))
    assert not fragile_text(saved(faithfulness=None))


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (None, ""),
        (0.0, "Less than 1 % of the heatmap lies outside the body."),
        (0.004, "Less than 1 % of the heatmap lies outside the body."),
        (0.31, "31 % of the heatmap lies outside the body."),
    ],
)
def test_the_fraction_outside_the_body_is_given_where_it_is_known(
    fraction: float | None, text: str
) -> None:
    explanation = saved(outside_body=fraction)
    assert outside_text(fraction) == text
    assert measured_text(explanation).endswith(text)


def test_a_heatmap_without_measurements_says_so_and_nothing_else() -> None:
    unknown = saved(faithfulness=None)
    assert measured_text(unknown) == NOT_MEASURED
    assert warnings(OfferedHeatmap(unknown)) == []


def test_two_heatmaps_that_peak_at_different_places_both_have_a_warning() -> None:
    refined = OfferedHeatmap(saved(), is_unsettled=True)
    first = OfferedHeatmap(saved(tier="draft"), is_superseded=True, is_unsettled=True)
    assert warnings(refined) == ["Another heatmap of it peaks elsewhere. Neither peak is reliable."]
    assert warnings(first) == ["The refined heatmap peaks elsewhere. Neither peak is reliable."]
    assert not peak_text(OfferedHeatmap(saved()))


def test_equal_to_the_centred_gaussian_is_not_better_than_it() -> None:
    assert "centred Gaussian" in control_text(
        saved(centre_insertion_auc=0.6, centre_deletion_auc=0.2)
    )
    assert not control_text(saved())


def test_a_heatmap_says_how_it_was_made() -> None:
    assert origin_text(saved()) == "Refined heatmap, made in 4.1 s."
    assert origin_text(saved(drawn_by=SEARCH)) == (
        "Refined heatmap, drawn by a search on this image in 4.1 s."
    )
    assert origin_text(saved(tier="instant", drawn_by=READER)) == (
        "Heatmap, drawn by the model's mask reader in 4.1 s."
    )
    assert "since the model has no mask reader" in origin_text(saved(drawn_by=NO_READER))
    assert "mask reader and refined on this image" in origin_text(saved(drawn_by=REFINED))
    assert origin_text(saved(tier="draft")) == "First heatmap, made in 4.1 s."
    assert origin_text(saved(tier="")) == "Heatmap, made in 4.1 s with earlier settings."
    assert heatmap_title(saved(tier="draft")) == "Class finding (first heatmap)"
    assert heatmap_title(saved()) == "Class finding"
    assert heatmap_title(saved(tier="full")) == "Class finding (fully refined)"
    assert heatmap_title(saved(tier="instant", drawn_by=READER)) == "Class finding · mask reader"


def test_an_axis_has_a_title_and_a_value_of_its_own() -> None:
    assert node_title("concept:AP view") == "Concept AP view"
    assert value_name("concept:AP view") == "the axis of AP view"
