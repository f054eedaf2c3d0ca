"""What a reader changes, as the browser sends it."""

import pytest

from app.domain.errors import Refused
from app.domain.interventions.changes import MOST_SHAPES, Change, DrawnRegion
from app.domain.marks import Mark

BOX = {"kind": "rectangle", "points": [[1.5, 2.0], [10.0, 20.25]], "purpose": "region", "text": ""}
REGION = {"marks": [BOX], "action": "keep", "fill": "noise"}
OF = {"image": "a" * 64, "frame": 0, "model": "b" * 64, "site": ""}


def test_a_change_comes_back_as_it_was_sent() -> None:
    document = {"off": ["p01", "p03"], "region": REGION}
    change = Change.from_json(document)
    assert change.off == ("p01", "p03") and change.region is not None
    assert change.region == DrawnRegion(
        (Mark("rectangle", ((1.5, 2.0), (10.0, 20.25)), "region"),), "keep", "noise"
    )
    assert change.to_json() == document
    assert Change.from_json({"region": {"marks": [BOX]}}).to_json() == {
        "off": [],
        "region": {"marks": [BOX], "action": "hide", "fill": "blur"},
    }


@pytest.mark.parametrize(
    "document",
    [
        *(None, 5, "p01", [], {}, {"off": [], "region": None}),
        *({"off": "p01"}, {"off": [1]}, {"off": [f"p{n}" for n in range(1001)]}),
        *({"region": 5}, {"region": {}}, {"region": {"marks": []}}, {"region": {"marks": [{}]}}),
        *({"region": REGION | change} for change in ({"action": "paint"}, {"action": ["hide"]})),
        *({"region": REGION | change} for change in ({"fill": "mosaic"}, {"fill": {}})),
        *({"values": change} for change in (5, ["radius"], {"radius": 5}, {"radius": ""})),
        *({"values": {"radius": "1" * 201}}, {"values": {str(n): None for n in range(2001)}}),
        {"values": {"radius": None}, "region": REGION},
        {"region": {"marks": [BOX] * (MOST_SHAPES + 1)}},
        {"region": {"marks": [BOX | {"kind": "length"}]}},
        {"region": {"marks": [BOX | {"kind": "outline", "points": [[1, 2]] * 1500}] * 2}},
    ],
)
def test_what_is_no_change_is_refused_with_a_sentence(document: object) -> None:
    with pytest.raises(Refused, match=r"\.$"):
        Change.from_json(document)


def test_the_same_work_has_the_same_name_and_other_work_another() -> None:
    change = Change.from_json({"off": ["p03", "p01", "p01"], "region": REGION})
    key = change.key(**OF)  # type: ignore[arg-type]
    noted = {**BOX, "text": "odd", "purpose": "finding", "points": [[1.5001, 2.0], [10.0, 20.25]]}
    same = Change.from_json({"off": ["p01", "p03"], "region": {**REGION, "marks": [noted]}})
    assert same.key(**OF) == key  # type: ignore[arg-type]
    others = [
        *(
            change.key(**{**OF, name: value})
            for name, value in (  # type: ignore[arg-type]
                ("image", "c" * 64),
                ("frame", 1),
                ("model", "c" * 64),
                ("site", "d" * 64),
            )
        ),
        *(
            Change.from_json(document).key(**OF)
            for document in (  # type: ignore[arg-type]
                {"off": ["p01"], "region": REGION},
                {"off": ["p01", "p03"]},
                {"off": ["p01", "p03"], "region": {**REGION, "action": "hide"}},
                {"off": ["p01", "p03"], "region": {**REGION, "fill": "blur"}},
            )
        ),
    ]
    assert len({key, *others}) == len(others) + 1


def test_values_of_a_row_come_back_in_order_and_are_named_only_where_there_are_any() -> None:
    change = Change.from_json({"values": {"texture": "20", "radius": None}})
    assert list(change.values.items()) == [("radius", None), ("texture", "20")]
    assert change.to_json() == {
        "off": [],
        "region": None,
        "values": {"radius": None, "texture": "20"},
    }
    other = Change.from_json({"values": {"texture": "20"}})
    assert change.key(**OF) != other.key(**OF)  # type: ignore[arg-type]
    assert "values" not in Change(off=("p01",)).to_json()
