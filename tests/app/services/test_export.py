"""Tables that no spreadsheet takes for a formula."""

import csv
import io
import json

import pytest

from app.services.export import cell, csv_bytes, json_bytes


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "  =1", "\r=1"])
def test_a_text_that_could_run_gets_an_apostrophe(text: str) -> None:
    assert cell(text) == "'" + text


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell() -> None:
    assert [cell(value) for value in (-1.5, 3, True, False, None, "a\0b")] == [
        -1.5,
        3,
        "true",
        "false",
        "",
        "ab",
    ]


def test_a_record_fills_the_columns_in_their_order_and_no_others() -> None:
    table = csv_bytes(("b", "a"), [{"a": 1, "b": "x,y", "c": "left out"}, {"a": None}])
    assert list(csv.reader(io.StringIO(table.decode()))) == [["b", "a"], ["x,y", "1"], ["", ""]]


def test_half_a_character_is_written_and_read_again() -> None:
    assert json.loads(json_bytes({"name": "r\udcf6ntgen"})) == {"name": "r\udcf6ntgen"}
    assert b"r\\udcf6ntgen" in csv_bytes(("name",), [{"name": "r\udcf6ntgen"}])
