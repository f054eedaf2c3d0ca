"""Which of a node's heatmaps is the best, and what was measured of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.explanations import (
    SavedExplanation,
    at_least,
    best_of_each_node,
    leading,
    offered,
    tier_of,
)
from dprotonet.explain.explanation import Faithfulness
from dprotonet.explain.settings import TIERS
from dprotonet.modeling.placement import GridPlacement
from tests.dprotonet.explain.test_explanation import MEASURED

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def saved(
    node: str = "class:finding", tier: str = "standard", *, minute: int = 0, **changes: Any
) -> SavedExplanation:
    digest = TIERS[tier].digest if tier else "0" * 64
    return SavedExplanation(
        explanation_id=f"{node} {tier} {minute}",
        case_id="c1",
        frame=0,
        pixel_sha256="1" * 64,
        model="m",
        node=node,
        tier=tier,  # type: ignore[arg-type]
        settings_digest=changes.pop("settings_digest", digest),
        seed=0,
        raw_range=(0.0, 1.0),
        value_before=changes.pop("value_before", 0.91),
        value_after=0.9,
        passes_forward=100,
        passes_backward=10,
        seconds=4.1,
        peak=changes.pop("peak", None),
        outside_body=changes.pop("outside_body", None),
        measuring_seconds=changes.pop("measuring_seconds", 1.0),
        stop_reason="steps",
        drawn_by=changes.pop("drawn_by", ""),
        placement=changes.pop("placement", GridPlacement((8, 8), 8, (8, 8), (0, 0))),
        faithfulness=(
            changes.pop("faithfulness")
            if "faithfulness" in changes
            else Faithfulness(**MEASURED | changes)
        ),
        heatmap_key="2" * 64,
        created_at=START + timedelta(minutes=minute),
    )


@pytest.mark.parametrize(
    "worst_to_best",
    [
        ("instant", "draft", "", "standard", "full"),
        ("draft", "full"),
        ("", "full"),
        ("draft", "standard"),
    ],
)
def test_a_better_tier_wins_whenever_it_was_made(worst_to_best: tuple[str, ...]) -> None:
    scores = {tier: 0.5 + number / 20 for number, tier in enumerate(worst_to_best)}
    for order in (worst_to_best, worst_to_best[::-1]):
        maps = [
            saved(tier=tier, minute=minute, insertion_auc=scores[tier])
            for minute, tier in enumerate(order)
        ]
        (best,) = best_of_each_node(maps)
        assert best.tier == worst_to_best[-1]


def test_of_one_tier_the_heatmap_with_the_settings_in_use_wins_and_then_the_newer() -> None:
    earlier = saved(minute=9, settings_digest="3" * 64)
    assert best_of_each_node([earlier, saved(minute=1)]) == (saved(minute=1),)
    assert best_of_each_node([saved(minute=1), saved(minute=2)]) == (saved(minute=2),)


def test_a_better_heatmap_keeps_its_nodes_position_in_the_list() -> None:
    maps = [saved("class:a", "draft", minute=0, **WORSE), saved("class:b", "draft", minute=1)]
    assert [one.node for one in best_of_each_node(maps)] == ["class:b", "class:a"]
    maps.append(saved("class:a", "standard", minute=2))
    assert [(one.node, one.tier) for one in best_of_each_node(maps)] == [
        ("class:b", "draft"),
        ("class:a", "standard"),
    ]


def test_the_tier_is_told_by_the_settings_and_others_are_earlier_ones() -> None:
    for tier in ("instant", "draft", "standard", "full"):
        assert tier_of(TIERS[tier].digest) == tier
        assert not saved(tier=tier).is_of_earlier_settings
    assert tier_of("0" * 64) == ""
    assert saved(tier="").is_of_earlier_settings


def test_a_better_tier_stands_in_for_the_one_asked_for() -> None:
    assert at_least("draft") == ("full", "standard", "draft")
    assert at_least("standard") == ("full", "standard")
    assert at_least("full") == ("full",)
    assert at_least("instant") == ("instant",), "a searched heatmap is another drawing"


def ids(*maps: SavedExplanation) -> list[str]:
    return [displayed.heatmap_id for displayed in offered(maps)]


WORSE = {"insertion_auc": 0.3}


def test_the_refined_heatmap_leads_where_it_is_more_reliable_and_the_first_stays_at_hand() -> None:
    first, better = saved(tier="draft", **WORSE), saved(minute=1)
    assert ids(first) == ["class:finding"] == ids(better)
    assert ids(first, better) == ["class:finding", "class:finding@first"]
    refined, superseded = offered([first, better])
    assert (refined.saved, superseded.saved) == (better, first)
    assert refined.leads and superseded.is_superseded and not superseded.leads
    other = saved("class:none", minute=2)
    assert ids(first, better, other) == ["class:none", "class:finding", "class:finding@first"]


@pytest.mark.parametrize("insertion", [0.6, 0.3])
def test_a_refined_heatmap_that_is_no_more_reliable_does_not_take_the_firsts_place(
    insertion: float,
) -> None:
    first = saved(tier="draft", insertion_auc=0.6)
    no_better = saved(minute=1, insertion_auc=insertion)
    assert ids(first, no_better) == ["class:finding", "class:finding@refined"]
    leading, behind = offered([first, no_better])
    assert (leading.saved, behind.saved) == (first, no_better)
    assert leading.leads and behind.is_no_better and not behind.leads


@pytest.mark.parametrize(
    ("scores", "lead", "shown"),
    [  # of the first, the refined and the fully refined heatmap
        ((0.4, 0.5, 0.6), "full", ["", "@first"]),
        ((0.4, 0.6, 0.5), "standard", ["", "@first", "@refined"]),
        ((0.6, 0.5, 0.4), "draft", ["", "@refined"]),
        ((0.5, 0.4, 0.6), "full", ["", "@first"]),
        ((0.6, 0.4, 0.5), "draft", ["", "@refined"]),
        ((None, 0.6, 0.5), "standard", ["", "@refined"]),  # a mask reader has no first one
        ((None, 0.5, 0.6), "full", ["", "@first"]),
    ],
)
def test_one_rule_says_which_of_all_stages_leads_wherever_it_is_asked(
    scores: tuple[float | None, ...], lead: str, shown: list[str]
) -> None:
    maps = [
        saved(tier=tier, minute=minute, insertion_auc=score)
        for minute, (tier, score) in enumerate(
            zip(("draft", "standard", "full"), scores, strict=True)
        )
        if score is not None
    ]
    assert leading(maps).tier == lead
    assert best_of_each_node(maps) == (leading(maps),)
    displayed = offered(maps[::-1])
    assert [one.saved for one in displayed if one.leads] == [leading(maps)]
    assert ids(*maps) == [f"class:finding{end}" for end in shown]
    assert len({one.saved.tier for one in displayed}) == len(shown)


def test_of_no_heatmap_none_leads() -> None:
    with pytest.raises(ValueError, match="none leads"):
        leading([])


def test_where_either_was_not_measured_the_one_that_took_more_work_leads() -> None:
    for first, refined in (({"faithfulness": None}, {}), ({}, {"faithfulness": None})):
        leading, _ = offered([saved(tier="draft", **first), saved(minute=1, **refined)])
        assert leading.saved.tier == "standard"


def test_neither_is_settled_where_they_peak_at_different_places() -> None:
    first = saved(tier="draft", peak=(0.2, 0.2), **WORSE)
    near, far = (saved(minute=1, peak=peak) for peak in ((0.3, 0.3), (0.6, 0.6)))
    assert [one.is_unsettled for one in offered([first, near])] == [False, False]
    assert [one.is_unsettled for one in offered([first, far])] == [True, True]
    better = saved(tier="draft", peak=(0.2, 0.2))
    assert [one.is_unsettled for one in offered([better, far])] == [True, True]


def test_peaks_are_apart_by_the_diagonal_of_the_image_and_not_of_the_padded_square() -> None:
    narrow = GridPlacement((80, 20), 100, (100, 25), (0, 37))
    one = saved(placement=narrow, peak=(0.5, 0.1))
    assert not one.peaks_elsewhere(saved(placement=narrow, peak=(0.5, 0.4)))  # 7.5 of 103
    assert one.peaks_elsewhere(saved(placement=narrow, peak=(0.5, 0.6)))  # 12.5 of 103


def test_nothing_is_said_of_heatmaps_whose_peak_was_not_noted() -> None:
    for peaks in ((None, (0.9, 0.9)), ((0.1, 0.1), None)):
        first, refined = saved(tier="draft", peak=peaks[0]), saved(minute=1, peak=peaks[1])
        assert not any(one.is_unsettled for one in offered([first, refined]))


@pytest.mark.parametrize(
    ("before", "after", "threshold", "fragile"),
    [
        (0.96, 0.42, None, True),  # by far
        (0.30, 0.55, None, True),  # upwards too
        (0.30, 0.14, None, True),  # less than half is left
        (0.30, 0.16, None, False),
        (0.12, 0.03, None, False),  # of little
        (0.58, 0.44, None, False),
        (0.58, 0.44, 0.5, True),  # it is not called any more
        (0.44, 0.58, 0.5, True),
        (0.52, 0.48, 0.5, False),  # it was beside its threshold
        (0.70, 0.60, 0.5, False),
    ],
)
def test_a_prediction_is_fragile_when_a_random_part_decides_it(
    before: float, after: float, threshold: float | None, fragile: bool
) -> None:
    explanation = saved(value_before=before, random_hidden_value=after)
    assert explanation.is_fragile(threshold) is fragile
    similarity = saved("prototype:p00", value_before=before, random_hidden_value=after)
    assert not similarity.is_fragile(threshold)
