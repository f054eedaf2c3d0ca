import pytest
from hypothesis import given
from hypothesis import strategies as st

from dprotonet.attributes.attribute import Attribute, WrongValue

AGE = Attribute("age", "number", 60.0, knots=(20.0, 60.0, 100.0), unit="years")
STAGE = Attribute("stage", "category", "II", categories=("I", "II", "III"))


def test_a_number_goes_along_straight_lines_between_its_knots():
    skewed = Attribute("size", "number", 2.0, knots=(0.0, 1.0, 9.0))
    assert [skewed.to_unit(value) for value in (0, 0.5, 1, 5, 9)] == [0, 0.25, 0.5, 0.75, 1]


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_greater_number_never_lies_lower_on_its_scale(one, other):
    low, high = sorted((one, other))
    assert 0 <= AGE.to_unit(low) <= AGE.to_unit(high) <= 1


def test_a_missing_value_counts_as_the_fill_and_lies_not_outside():
    assert AGE.to_unit(None) == AGE.to_unit(60.0) == 0.5
    assert STAGE.to_unit(None) == 0.5
    assert not AGE.is_outside(None)


def test_numbers_beyond_the_training_rows_are_read_as_the_outermost():
    assert (AGE.to_unit(5), AGE.to_unit(120)) == (0, 1)
    assert AGE.is_outside(5)
    assert AGE.is_outside(120)
    assert not AGE.is_outside(20)


@pytest.mark.parametrize("text", ["sixty", "1_000", "inf", "1e999", "12 mm", "\u0661"])
def test_what_is_no_number_is_refused_without_being_quoted(text):
    with pytest.raises(WrongValue) as refused:
        AGE.parse(text)
    assert text not in str(refused.value)
    assert "number" in str(refused.value)


def test_a_comma_is_a_decimal_sign_only_where_the_table_says_so():
    assert AGE.parse("61,5", decimal_comma=True) == 61.5
    with pytest.raises(WrongValue):
        AGE.parse("61,5")


def test_an_unknown_category_names_those_that_are_known():
    with pytest.raises(WrongValue, match="one of I, II, III"):
        STAGE.parse("Smith")


@pytest.mark.parametrize("attribute", [AGE, STAGE])
def test_json_brings_an_attribute_back(attribute):
    assert Attribute.from_json(attribute.to_json()) == attribute


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "kind": "number", "fill": 1, "knots": (0, 1)},
        {"name": "x", "kind": "number", "fill": "a", "knots": (0, 1)},
        {"name": "x", "kind": "number", "fill": 1, "knots": (1, 1)},
        {"name": "x", "kind": "number", "fill": 1, "knots": (0, float("nan"))},
        {"name": "x", "kind": "category", "fill": "c", "categories": ("a", "b")},
        {"name": "x", "kind": "category", "fill": "a", "categories": ("a", "a")},
        {"name": "x", "kind": "date", "fill": 1},
        {"name": "x", "kind": "number", "fill": 1, "knots": (0, 1), "surprise": 1},
    ],
)
def test_an_attribute_that_cannot_be_is_refused(fields):
    with pytest.raises(ValueError):
        Attribute.from_json(fields)
