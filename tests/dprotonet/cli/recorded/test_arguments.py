from pathlib import Path

import pytest

from dprotonet.cli.arguments import ExplainRequest, PredictRequest, parse
from dprotonet.errors import WrongRequest

PREDICT = ["predict", "a", "--model", "m"]
EXPLAIN = ["explain", "a", "--model", "m", "--out", "d"]


def test_the_records_go_into_the_file_that_is_named():
    predict = parse([*PREDICT, "--out", "r.parquet"])
    explain = parse([*EXPLAIN, "--records", "r.jsonl", "--scheduler", "tcp://host:1"])

    assert isinstance(predict, PredictRequest) and isinstance(explain, ExplainRequest)
    assert (predict.out, predict.scheduler) == (Path("r.parquet"), None)
    assert (explain.out, explain.records) == (Path("d"), Path("r.jsonl"))
    assert explain.scheduler == "tcp://host:1"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([*PREDICT, "--format", "parquet"], "with --out FILE.parquet"),
        ([*PREDICT, "--format", "csv", "--out", "r.jsonl"], "--format csv does not go with"),
        ([*PREDICT, "--format", "csv", "--out", "r.csv"], "--format csv does not go with"),
        ([*PREDICT, "--format", "json", "--out", "r.parquet"], "--format json does not go with"),
        ([*PREDICT, "--scheduler", "x"], "name it with --out"),
        ([*EXPLAIN, "--scheduler", "x"], "name it with --records"),
    ],
)
def test_what_does_not_go_together_is_refused(words, sentence):
    with pytest.raises(WrongRequest, match=sentence):
        parse(words)


def test_a_format_that_the_name_says_as_well_is_no_contradiction():
    assert parse([*PREDICT, "--format", "parquet", "--out", "r.parquet"]).out == Path("r.parquet")
