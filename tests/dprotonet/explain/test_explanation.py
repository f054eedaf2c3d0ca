"""What an explanation holds, and what is read of one that was saved."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from dprotonet.explain.explanation import Agreement, Explanation, Faithfulness
from dprotonet.modeling.placement import GridPlacement

MEASURED: dict[str, Any] = {
    "insertion_auc": 0.6,
    "deletion_auc": 0.2,
    "random_insertion_auc": 0.4,
    "random_deletion_auc": 0.4,
    "centre_insertion_auc": 0.5,
    "centre_deletion_auc": 0.3,
    "hidden_value": 0.22,
    "random_hidden_value": 0.88,
    "kept_value": 0.75,
    "area": 0.2,
    "steps": 4,
    "fill": "blur",
    "insertion": [0.1, 0.2, 0.5, 0.9, 0.9],
    "deletion": [0.9, 0.5, 0.2, 0.1, 0.1],
}


def explanation(**changes) -> Explanation:
    return replace(
        Explanation(
            node="class:finding",
            raw_range=(-1.0, 3.0),
            value_before=0.9,
            value_after=0.8,
            passes_forward=100,
            passes_backward=10,
            seconds=1.23456,
            stop_reason="steps",
            settings_digest="0" * 64,
            seed=3,
            faithfulness=Faithfulness.from_json(MEASURED),
            heatmap=np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8),
        ),
        **changes,
    )


def test_what_was_saved_before_the_centre_was_measured_says_nothing_of_it():
    names = ("centre_insertion_auc", "centre_deletion_auc", "insertion", "deletion")
    older = {name: value for name, value in MEASURED.items() if name not in names}
    result = Faithfulness.from_saved(older)
    assert result is not None and result.beats_random and result.beats_centre is None
    assert result.sufficient_area is None
    whole = Faithfulness.from_saved(MEASURED)
    assert whole is not None and whole.beats_centre
    assert Faithfulness.from_saved({"insertion_auc": 0.6}) is None
    assert Faithfulness.from_saved(MEASURED | {"not_known_yet": 1}) == whole


def test_faithfulness_comes_back_from_json_as_it_was():
    measured = Faithfulness.from_json(MEASURED)
    assert Faithfulness.from_json(measured.to_json()) == measured
    assert measured.insertion == (0.1, 0.2, 0.5, 0.9, 0.9)


def test_the_sufficient_area_lies_between_the_points_of_the_curve():
    measured = Faithfulness.from_json(MEASURED)  # half of the rise from 0.1 to 0.9 is 0.5
    assert measured.sufficient_area == pytest.approx(0.5)
    between = replace(measured, insertion=(0.1, 0.2, 0.8, 0.9, 0.9))
    assert between.sufficient_area == pytest.approx(0.25 + 0.25 / 2)
    assert replace(measured, insertion=(0.9, 0.5, 0.1)).sufficient_area is None


def test_the_record_has_no_heatmap_and_nothing_of_the_placement():
    placed = explanation(placement=GridPlacement((8, 8), 8, (8, 8), (0, 0)), peak=(0.5, 0.5))
    record = placed.to_json()
    assert record == explanation().to_json()
    assert record["area"] == pytest.approx(0.5) and record["seconds"] == 1.2346
    assert record["raw_range"] == [-1.0, 3.0]


def test_its_facts_are_all_but_the_heatmap():
    facts = explanation(peak=(0.1, 0.2)).facts
    assert "heatmap" not in facts and facts["peak"] == (0.1, 0.2)
    assert explanation(**facts).to_json() == explanation().to_json()


@pytest.mark.parametrize(
    ("heatmap", "sentence"),
    [
        (np.zeros((8, 8)), "float32"),
        (np.zeros(8, np.float32), r"\(S, S\)"),
        (np.full((8, 8), np.nan, np.float32), "finite"),
        (np.full((8, 8), 1.5, np.float32), r"\[0, 1\]"),
        (np.full((8, 8), -0.5, np.float32), r"\[0, 1\]"),
    ],
)
def test_a_heatmap_of_another_kind_or_range_is_refused(heatmap, sentence):
    with pytest.raises(ValueError, match=sentence):
        explanation(heatmap=heatmap)


def test_curves_of_more_points_are_read_at_those_of_the_coarser_one():
    fine = Faithfulness.from_json(
        MEASURED
        | {
            "insertion_auc": 0.8125,
            "deletion_auc": 0.0,
            "insertion": [0.0, 1.0, 1.0, 1.0, 1.0],
            "deletion": [0.0] * 5,
        }
    )
    # At halves the same curve has 0.75, and 0.8 is more.
    coarse = replace(fine, steps=2, insertion_auc=0.8, insertion=(0, 1.1, 1), deletion=(0, 0, 0))
    assert fine.score > coarse.score
    assert coarse.surpasses(fine) and not fine.surpasses(coarse)
    assert not fine.surpasses(fine)
    bare = replace(fine, insertion=(), deletion=())
    assert bare.surpasses(coarse), "without curves there are only the areas"


def test_an_agreement_is_low_where_less_than_half_is_the_same():
    half = Agreement(1 / 3, "draws", 3, 0.2)  # o / (2 - o) of a half
    assert not half.is_low and replace(half, overlap=0.3).is_low
    assert half.chance == pytest.approx(1 / 9)
    assert replace(half, overlap=0.724).text == "agreement over draws 0.72"
    assert Agreement.from_saved(asdict(half) | {"not_known_yet": 1}) == half
    assert Agreement.from_saved(None) is None is Agreement.from_saved({"overlap": 0.5})
