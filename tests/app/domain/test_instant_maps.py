"""Maps that are there with the prediction: which, in what order, and what was measured of them."""

from app.domain.explanations import offered
from app.domain.instant_maps import DrawnMaps, InstantMap, in_order, instant_maps, leading_id
from dprotonet.explain.explanation import NO_READER, READER
from dprotonet.modeling.placement import GridPlacement
from tests.app.domain.test_explanations import saved

PLACEMENT = GridPlacement((8, 8), 8, (8, 8), (0, 0))
NODES = ("class:none", "class:finding", "prototype:p00", "prototype:p01", "prototype:p02")
DRAWN = DrawnMaps("2" * 64, NODES, PLACEMENT, (0.0, 0.1, 0.2, 0.3, 0.4))


def test_every_map_knows_its_number_and_what_lies_outside_the_body() -> None:
    maps = instant_maps(DRAWN, [])
    assert maps[1] == InstantMap("class:finding", 1, 0.1, None)
    assert [one.number for one in maps] == [0, 1, 2, 3, 4]
    unknown = instant_maps(DrawnMaps("2" * 64, NODES, PLACEMENT), [])
    assert all(one.outside_body is None for one in unknown)
    assert instant_maps(None, [saved()]) == ()


def test_the_newest_measures_of_the_same_map_are_its_own_and_those_of_a_search_are_not() -> None:
    new = saved(tier="instant", minute=2, drawn_by=READER)
    old = saved(tier="instant", minute=1, drawn_by=READER)
    others = [saved(), saved(tier="instant", drawn_by=NO_READER, minute=3)]
    maps = instant_maps(DRAWN, [*others, new, old])
    assert maps[1].measured == new
    assert all(one.measured is None for one in maps if one.node != "class:finding")


def test_the_class_in_question_comes_first_and_prototypes_as_they_speak() -> None:
    shown = in_order(
        instant_maps(DRAWN, []), first="finding", reasons=("prototype:p02", "prototype:p00")
    )
    assert [one.node for one in shown] == [
        "class:finding",
        "class:none",
        "prototype:p02",
        "prototype:p00",
    ]
    assert [one.node for one in in_order(instant_maps(DRAWN, []), first=None, reasons=())] == [
        "class:none",
        "class:finding",
    ]
    assert shown[0].heatmap_id != shown[0].node, "a searched heatmap has the node's own name"


def test_a_computed_heatmap_stands_alone_unless_the_measured_map_is_as_reliable() -> None:
    node = "class:finding"
    measured = saved(tier="instant", minute=1, drawn_by=READER, insertion_auc=0.5)
    unmeasured, known = instant_maps(DRAWN, []), instant_maps(DRAWN, [measured])
    assert leading_id([], unmeasured, node=node) == "class:finding@reader"
    assert leading_id([], [], node=node) is None
    for insertion, lead in (
        (0.4, "class:finding@reader"),
        (0.5, "class:finding@reader"),
        (0.6, node),
    ):
        computed = offered([saved(insertion_auc=insertion)])
        assert leading_id(computed, unmeasured, node=node) == node, "nothing was measured of it"
        assert leading_id(computed, known, node=node) == lead
        assert leading_id(computed, (), node=node) == node
