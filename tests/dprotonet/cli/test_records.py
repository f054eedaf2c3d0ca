import csv
import io
import json
import os
from dataclasses import replace
from pathlib import Path, PurePath

import numpy as np
import pytest

from dprotonet.cli.inputs import ImageFrame, InputFile, Problem
from dprotonet.cli.records import FlatTable, JsonLines, inert, json_text, problem_record
from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.windows import Window
from dprotonet.inference.prediction import Prediction, PrototypeMatch
from dprotonet.inference.support import Support

CLASSES = ("none", "=nodule")


def image(path: str = "images/a.png") -> ImageFrame:
    image = GrayOrColourImage(
        pixels=np.zeros((2, 3), np.uint8),
        windows=(Window(centre=128, width=256),),
        inverted=False,
        padding=None,
        facts=ImageFacts("png", rows=2, columns=3, frames=1, colour=False, bits=8),
    )
    return ImageFrame(InputFile(Path(path), PurePath(Path(path).name), 1), 0, "ab" * 32, image)


def prediction(matches: int = 12) -> Prediction:
    return Prediction(
        label="=nodule",
        probabilities={"none": 0.25, "=nodule": 0.75},
        logits={"none": 0.0, "=nodule": 1.1},
        threshold=0.4,
        matches=tuple(
            PrototypeMatch(f"p{i:02d}", "=nodule", 0.5, (matches - i) * (-1) ** i)
            for i in range(matches)
        ),
        closest_similarity=0.5,
        no_prototype_is_close=False,
        seconds=0.1,
        bundle="cd" * 32,
    )


def rows_of(stream: io.StringIO) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(stream.getvalue())))


def test_a_record_has_these_keys_in_this_order():
    stream = io.StringIO()
    JsonLines(stream).prediction(image(), prediction())
    record = json.loads(stream.getvalue())

    assert list(record) == [
        "path",
        "frame",
        "sha256",
        "supported",
        "prediction",
        "probabilities",
        "support",
        "threshold",
        "matches",
    ]
    assert list(record["matches"][0]) == ["prototype", "class", "similarity", "contribution"]


def test_the_ten_largest_contributions_are_named():
    stream = io.StringIO()
    JsonLines(stream).prediction(image(), prediction(matches=12))

    named = [match["prototype"] for match in json.loads(stream.getvalue())["matches"]]

    assert named == [f"p{i:02d}" for i in range(10)]


UNLIKE = Support("outside", 4.5, 1.1, 1.25, ("unlike it", "modality US; this model takes DX"))


def test_of_an_unsupported_image_neither_form_names_a_class_or_a_probability():
    lines, table = io.StringIO(), io.StringIO()
    withheld = replace(prediction(), support=UNLIKE).withheld()
    JsonLines(lines).prediction(image(), withheld)
    FlatTable(table, CLASSES).prediction(image(), withheld)

    record, (row,) = json.loads(lines.getvalue()), rows_of(table)

    assert record["supported"] is False
    assert record["prediction"] is None
    assert record["probabilities"] is None
    assert record["support"] == UNLIKE.to_json()
    assert {match["contribution"] for match in record["matches"]} == {None}
    assert (row["prediction"], row["none"], row["'=nodule"]) == ("", "", "")
    assert (row["supported"], row["distance"]) == ("false", "4.5")
    assert row["reasons"] == "unlike it; modality US; this model takes DX"


@pytest.mark.parametrize(("skipped", "key"), [(True, "skipped"), (False, "error")])
def test_a_file_without_a_prediction_says_why(skipped, key):
    stream = io.StringIO()
    JsonLines(stream).problem(Problem(image().source, 0, None, "Because.", skipped))

    record = json.loads(stream.getvalue())

    assert record == {
        "path": str(Path("images/a.png")),
        "frame": 0,
        "sha256": None,
        key: "Because.",
    }


def test_a_name_that_is_no_unicode_still_gives_a_line_that_every_parser_reads():
    source = InputFile(Path("images/a\udcff.png"), Path("a\udcff.png"), 1)
    problem = Problem(source, 0, None, "“a\udcff.png” is odd.", False)

    record = json.loads(json_text(problem_record(problem)))

    assert record["path"].encode() == str(Path("images/a%FF.png")).encode()
    assert os.fsdecode(bytes.fromhex(record["path_bytes"])) == str(source.path)
    assert record["error"] == "“a%FF.png” is odd."

    stream = io.StringIO()
    FlatTable(stream, CLASSES).problem(problem)
    assert "a%FF.png" in stream.getvalue().encode().decode()


def test_a_number_that_is_not_finite_becomes_null():
    text = json_text({"a": [float("nan")], "b": {"c": float("inf")}, "d": 1.5})

    assert json.loads(text) == {"a": [None], "b": {"c": None}, "d": 1.5}


def test_the_table_has_one_column_a_class():
    stream = io.StringIO()
    table = FlatTable(stream, CLASSES)
    table.prediction(image(), prediction())

    assert rows_of(stream) == [
        {
            "path": str(Path("images/a.png")),
            "frame": "0",
            "sha256": "ab" * 32,
            "prediction": "'=nodule",
            "none": "0.25",
            "'=nodule": "0.75",
            "supported": "true",
            "distance": "",
            "reasons": "",
            "error": "",
        }
    ]


def test_the_header_is_written_even_where_no_image_follows():
    stream = io.StringIO()
    FlatTable(stream, ("none", "nodule"))

    assert stream.getvalue() == (
        "path,frame,sha256,prediction,none,nodule,supported,distance,reasons,error\n"
    )


def test_the_table_tells_a_skipped_file_from_a_failed_one():
    stream = io.StringIO()
    table = FlatTable(stream, CLASSES)
    table.problem(Problem(image().source, 0, "ab" * 32, "It is a text.", skipped=True))
    table.problem(Problem(image().source, 0, "ab" * 32, "It is cut off.", skipped=False))

    assert [row["error"] for row in rows_of(stream)] == ["skipped: It is a text.", "It is cut off."]
    assert {row["none"] for row in rows_of(stream)} == {""}


@pytest.mark.parametrize("text", ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"))
def test_no_cell_is_taken_for_a_formula(text):
    assert inert(text)[0] == "'"
    assert inert(text)[1:] == text


@pytest.mark.parametrize("name", ("=cmd.png", "-1.png", "+a.png", "@b.png"))
def test_a_path_that_looks_like_a_formula_still_leads_to_its_file(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"here")
    stream = io.StringIO()
    FlatTable(stream, CLASSES).prediction(image(name), prediction())

    path = rows_of(stream)[0]["path"]

    assert path[0] not in "=+-@'"
    assert Path(path).read_bytes() == b"here"


def test_each_record_is_flushed_at_once():
    class Counting(io.StringIO):
        flushed = 0

        def flush(self):
            self.flushed += 1

    stream = Counting()
    lines = JsonLines(stream)
    lines.prediction(image(), prediction())
    lines.prediction(image(), prediction())

    assert stream.flushed == 2
