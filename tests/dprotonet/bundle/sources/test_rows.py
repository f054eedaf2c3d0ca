import json
import shutil

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.sources.rows import rows_from_bytes, rows_to_bytes
from dprotonet.errors import UnusableBundle
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.bundle.folders import refused, rewrite
from tests.dprotonet.row_bundle import make_row_bundle, row_images, small_table, source_rows


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_row_bundle(tmp_path_factory.mktemp("rows") / "bundle")


def test_a_bundle_of_rows_gives_table_encoding_and_sources_without_its_network(bundle):
    again = Bundle.load(bundle.path, with_model=False)
    assert again.rows == row_images()
    assert again.source_rows == source_rows()
    assert {entry.sample_id for entry in again.gallery} <= set(again.source_rows)


def test_it_predicts_the_image_of_a_row(bundle):
    row = source_rows()["sample-03"]
    prediction = Predictor(bundle, gate=False).predict(bundle.rows.image(row))
    assert prediction.label in bundle.classes


def test_it_is_of_a_format_that_older_versions_refuse(bundle):
    assert json.loads((bundle.path / "bundle.json").read_text())["format"] == 5


def test_groups_are_not_kept():
    table = small_table()
    row = table.row(source_rows()["sample-00"].by_name())
    grouped = type(row)(row.names, row.values, 7, "benign", "patient-17")
    data = rows_to_bytes({"a": grouped})
    assert b"patient-17" not in data
    assert rows_from_bytes(data, table, "x")["a"].values == row.values


@pytest.mark.parametrize("data", [b"", b"[]", b'{"a": {}}', b'{"a": {"values": {}, "target": ""}}'])
def test_rows_of_another_table_are_refused(data):
    with pytest.raises(UnusableBundle, match="source rows"):
        rows_from_bytes(data, small_table(), "tiny")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d["rows"].pop("table"), "rows as images"),
        (lambda d: d["rows"]["encoding"].update(size=96), "another size"),
        (lambda d: d["rows"]["encoding"].update(name="pickle"), "no encoding"),
        (lambda d: d.pop("rows"), "takes rows"),
    ],
)
def test_a_table_that_cannot_be_is_refused_in_a_sentence(bundle, tmp_path, change, says):
    folder = tmp_path / "copy"
    shutil.copytree(bundle.path, folder)
    rewrite(folder, change)
    refused(folder, says)
