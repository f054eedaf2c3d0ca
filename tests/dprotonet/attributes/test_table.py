import pytest

from dprotonet.attributes.table import AttributeTable, Row
from dprotonet.errors import WrongRequest
from tests.dprotonet.row_bundle import small_table

VALUES = {"radius": 10, "texture": 19.0, "stage": "late", "smoothness": None}


def test_a_row_is_known_again_by_its_values_whatever_file_line_or_class_it_came_with():
    table = small_table()
    row = table.row(VALUES, line=3)
    again = table.row(dict(reversed(VALUES.items())) | {"note": "x"}, line=9, target="benign")
    assert row.sha256 == again.sha256
    assert row.row_id == row.sha256[:12]
    assert row.sha256 != table.row(VALUES | {"radius": 10.1}).sha256


def test_units_follow_the_order_of_the_table():
    units = small_table().units(small_table().row(VALUES))
    assert units == pytest.approx((0.25, 0.5, 1.0, 0.5))


def test_what_is_missing_and_what_lies_outside_is_named():
    row = small_table().row(VALUES | {"radius": 99.0})
    assert row.missing == ("smoothness",)
    assert small_table().outside(row) == ("radius",)


@pytest.mark.parametrize(
    ("change", "says"),
    [({"radius": "wide"}, "radius"), ({"stage": "none"}, "stage"), ({"radius": True}, "radius")],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_column(change, says):
    with pytest.raises(WrongRequest, match=says):
        small_table().row(VALUES | change)


def test_a_row_lacks_no_attribute():
    with pytest.raises(WrongRequest, match="has no “stage”"):
        small_table().row({"radius": 1.0, "texture": 2.0})


def test_json_brings_a_table_back():
    assert AttributeTable.from_json(small_table().to_json()) == small_table()


def test_names_are_unique_over_attributes_target_and_group():
    attributes = small_table().attributes
    with pytest.raises(ValueError, match="name of its own"):
        AttributeTable(attributes, "radius")
    with pytest.raises(ValueError, match="at least one"):
        AttributeTable((), "diagnosis")


def test_a_row_gives_its_values_by_name():
    row = Row(("a", "b"), (1.0, None))
    assert row.by_name() == {"a": 1.0, "b": None}
    assert row.to_json()["values"] == (1.0, None)
