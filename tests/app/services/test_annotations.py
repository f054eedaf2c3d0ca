"""Annotations are searched by filters and exported without formulas."""

import csv
import io
import json
from datetime import timedelta

import pytest

from app.domain.actors import Actor
from app.domain.annotations import AnnotationFilters, PrototypeJudgement
from app.services import annotations, review
from app.services.export import cell
from app.services.inference import queue
from app.services.studies import blinding
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import START, FakePool, by_brightness, png


@pytest.fixture
def signed(workplace: Workplace, pool: FakePool) -> Workplace:
    ids = [str(intake.add(workplace, png(n, level=200), name=f"{n}.png").case_id) for n in range(3)]
    queue.run_pending(workplace, pool)
    judged = {"p01": PrototypeJudgement(similar=False, usefulness="artefact", artefact="text")}
    choices = [
        (ids[0], 0, "accept", None, "fine", judged),
        (ids[1], 0, "reject", "none", "=HYPERLINK()", {}),
        (ids[1], 1, "supplement", "device", "+1", {}),
        (ids[2], 0, "accept", None, "", {}),
    ]
    for case_id, seen, verdict, label, text, judgements in choices:
        review.sign(
            workplace,
            case_id,
            verdict=verdict,  # type: ignore[arg-type]
            confidence=3,
            expected_revision=seen,
            corrected_label=label,
            text=text,
            prototype_judgements=judgements,
        )
    return workplace


def test_filters_narrow_the_table_to_latest_revisions(signed: Workplace) -> None:
    def texts(**filters: object) -> list[str]:
        page = annotations.search(signed, AnnotationFilters(**filters))  # type: ignore[arg-type]
        assert page.total == len(page.rows)
        return [row.annotation.text for row in page.rows]

    assert texts() == ["", "+1", "fine"]
    assert texts(all_revisions=True) == ["", "+1", "=HYPERLINK()", "fine"]
    assert texts(verdict="accept") == ["", "fine"]
    assert texts(verdict="reject") == []
    assert texts(label="device") == ["+1"]
    assert texts(text="0.png") == ["fine"] and texts(text="FIN") == ["fine"]
    assert texts(reader="Reader One") == ["", "+1", "fine"] and texts(reader="nobody") == []
    assert texts(since=START + timedelta(days=1)) == []
    assert len(texts(until=START + timedelta(days=1))) == 3
    assert annotations.readers(signed) == ("Reader One",)


def test_pages_do_not_overlap(signed: Workplace) -> None:
    filters = AnnotationFilters(all_revisions=True)
    pages = [annotations.search(signed, filters, page=n, size=3) for n in range(2)]
    assert [len(page.rows) for page in pages] == [3, 1] and pages[0].total == 4


def test_the_csv_has_a_schema_and_no_cell_that_a_spreadsheet_runs(signed: Workplace) -> None:
    data = annotations.export(signed, AnnotationFilters(all_revisions=True))
    lines = list(csv.DictReader(io.StringIO(data.decode())))
    assert [line["text"] for line in lines] == ["", "'+1", "'=HYPERLINK()", "fine"]
    assert {line["schema"] for line in lines} == {annotations.SCHEMA}
    assert lines[3]["prototype_judgements"] == "p01: not similar, artefact, text"
    assert [line["is_latest"] for line in lines] == ["true", "true", "false", "true"]


def test_the_json_keeps_every_field_as_it_was_signed(signed: Workplace) -> None:
    result = json.loads(annotations.export(signed, format="json"))
    assert result["schema"] == annotations.SCHEMA
    last = result["annotations"][-1]
    assert last["prototype_judgements"]["p01"] == {
        "similar": False,
        "usefulness": "artefact",
        "artefact": "text",
    }
    assert len(last["pixel_sha256"]) == len(last["model_sha256"]) == 64


def test_an_export_longer_than_one_chunk_is_whole(signed: Workplace) -> None:
    with signed.store.read() as tx:
        rows = list(tx.annotations.iterate(AnnotationFilters(all_revisions=True), chunk=2))
    assert [row.annotation.text for row in rows] == ["", "+1", "=HYPERLINK()", "fine"]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1", "\n=1"])
def test_a_cell_that_begins_as_a_formula_gets_an_apostrophe(text: str) -> None:
    assert cell(text) == "'" + text


def test_numbers_and_plain_text_are_left_alone() -> None:
    assert [cell(v) for v in (-1.5, 0, None, True, "p-1", "")] == [-1.5, 0, "", "true", "p-1", ""]


def test_a_verdict_on_a_refusal_is_exported_without_a_prediction(
    signed: Workplace, pool: FakePool
) -> None:
    pool.gate = by_brightness
    case_id = str(intake.add(signed, png(9, level=10), name="dark.png").case_id)
    queue.run_pending(signed, pool)
    review.sign(
        signed,
        case_id,
        verdict="rightly refused",
        confidence=5,
        expected_revision=0,
        corrected_label="hand",
    )
    lines = list(csv.DictReader(io.StringIO(annotations.export(signed).decode())))
    assert [(line["verdict"], line["support"], line["agrees"]) for line in lines] == [
        ("rightly refused", "outside", ""),
        ("accept", "", "true"),
        ("supplement", "", "true"),
        ("accept", "", "true"),
    ]
    assert (lines[0]["predicted_label"], lines[0]["predicted_probability"]) == ("", "")
    assert lines[0]["corrected_label"] == "hand"
    first = json.loads(annotations.export(signed, format="json"))["annotations"][0]
    assert (first["support"], first["agrees"], first["predicted_label"]) == ("outside", None, None)
    only = annotations.search(signed, AnnotationFilters(verdict="rightly refused"))
    assert [row.file_name for row in only.rows] == ["dark.png"]


def test_the_table_is_sorted_and_narrowed_to_disagreement(signed: Workplace) -> None:
    def names(**filters: object) -> list[str]:
        page = annotations.search(signed, AnnotationFilters(**filters))  # type: ignore[arg-type]
        return [row.file_name for row in page.rows]

    assert names() == ["2.png", "1.png", "0.png"]
    assert names(order="oldest") == names(order="name") == ["0.png", "1.png", "2.png"]
    assert sorted(names(order="finding")) == sorted(names(order="unsure")) == names(order="name")
    every = {"all_revisions": True, "order": "name"}
    assert names(agrees=False, **every) == ["1.png"]
    assert names(agrees=True, **every) == ["0.png", "1.png", "2.png"]


def test_before_their_own_read_a_reader_sees_nobody_elses(signed: Workplace) -> None:
    ben = signed.of(Actor("Ben"))
    assert annotations.search(ben).total == 3
    blinding.set_reads_first(ben, True)
    assert annotations.search(ben).total == 0
    assert json.loads(annotations.export(ben, format="json"))["annotations"] == []
    assert annotations.search(signed).total == 3
