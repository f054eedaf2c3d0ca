"""A row as it is kept: the same row is the same bytes, and nothing else is one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Refused
from app.domain.tables.table_row import TableRow, is_kept_row

NAMES = st.text(min_size=1, max_size=8)
VALUES = st.none() | st.text(max_size=8) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(NAMES, VALUES, min_size=1), st.text(max_size=8))
def test_a_row_is_read_as_it_was_kept(values: dict[str, float | str | None], group: str) -> None:
    row = TableRow(values, group)
    data = row.to_bytes()
    assert is_kept_row(data)
    assert TableRow.from_bytes(data) == row


def test_the_order_of_columns_says_nothing() -> None:
    assert TableRow({"b": 1.0, "a": "x"}).to_bytes() == TableRow({"a": "x", "b": 1.0}).to_bytes()


def test_rows_of_two_groups_have_the_same_values() -> None:
    one, other = TableRow({"a": 1.0}, "P-1"), TableRow({"a": 1.0}, "P-2")
    assert one.to_bytes() != other.to_bytes()
    assert one.values_sha256 == other.values_sha256 != TableRow({"a": 2.0}).values_sha256


@pytest.mark.parametrize(
    "change",
    [
        lambda kept: kept | {"name": "Somebody"},
        lambda kept: kept | {"values": {"a": True}},
        lambda kept: kept | {"values": {"a": [1.0]}},
        lambda kept: kept | {"values": {}},
        lambda kept: {"dprotonet": "row/1"},
    ],
)
def test_what_this_program_did_not_write_is_no_row(change: object) -> None:
    kept = json.loads(TableRow({"a": 1.0}).to_bytes())
    data = json.dumps(change(kept), separators=(",", ":")).encode()  # type: ignore[operator]
    with pytest.raises(Refused, match="Upload the table again"):
        TableRow.from_bytes(data)


def test_a_row_cannot_hold_what_is_no_number() -> None:
    with pytest.raises(ValueError, match="no finite number"):
        TableRow({"a": float("nan")})
    with pytest.raises(ValueError, match="at least one value"):
        TableRow({})
