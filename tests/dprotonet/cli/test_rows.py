"""Rows of a table by ``predict`` and ``explain``."""

import json

import numpy as np
import pytest

from tests.dprotonet.row_bundle import CSV, make_row_bundle


@pytest.fixture(scope="module")
def rows_model(tmp_path_factory):
    return make_row_bundle(tmp_path_factory.mktemp("rows") / "bundle").path


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(CSV.replace("30,20,middle", "wide,20,middle"))
    return path


def test_every_row_is_a_record_and_a_wrong_cell_is_one_of_its_own(shell, rows_model, table):
    status, records, _ = shell("predict", table, "--model", rows_model)
    assert status == 1
    assert [record["frame"] for record in records] == [0, 1, 2]
    assert [record.get("row", {}).get("line") for record in records] == [2, 3, None]
    assert records[0]["prediction"] in ("benign", "malignant")
    assert records[2]["error"].startswith("Line 4, column “radius”")
    assert "wide" not in json.dumps(records)


def test_a_file_that_is_no_such_table_is_one_record(shell, rows_model, tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    status, (record,), _ = shell("predict", tmp_path / "other.csv", "--model", rows_model)
    assert status == 1
    assert "no column “radius”" in record["error"]


def test_a_heatmap_of_a_row_is_read_back_to_attributes(shell, rows_model, table, tmp_path):
    out = tmp_path / "out"
    options = ["--out", out, "--tier", "instant"]
    status, records, _ = shell("explain", table, "--model", rows_model, *options)
    assert status == 1
    record = records[0]
    assert sum(record["attributes"].values()) == pytest.approx(1)
    assert set(record["attributes"]) == {"radius", "texture", "stage", "smoothness"}
    assert list(record["attributes"].values()) == sorted(record["attributes"].values())[::-1]
    assert 0 <= record["on_attributes"] <= 1
    assert np.load(record["files"]["heatmap"]).shape == (64, 64)
    assert [r["frame"] for r in records] == [0, 1, 2]


def test_records_in_a_file_are_the_same(shell, rows_model, table, tmp_path):
    file = tmp_path / "records.jsonl"
    shell("predict", table, "--model", rows_model, "--out", file)
    kept = [json.loads(line) for line in file.read_text().splitlines()]
    assert [one.get("row", {}).get("line") for one in kept if "path" in one] == [2, 3, None]
