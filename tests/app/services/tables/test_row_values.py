"""The room of a row: its values, training rows beside it, and heatmaps read back to attributes."""

import csv
import io
import json
import re
from dataclasses import asdict

import numpy as np
import pytest

from app.domain.cases import Intake
from app.domain.room.sheet import RoomSheet
from app.services import batch_export, batches, explanations
from app.services.inference import queue
from app.services.report import case_report
from app.services.room import blind
from app.services.room.opening import open_room
from app.services.studies.blinding import set_reads_first
from app.services.tables.row_values import _bars, read_row
from app.services.uploading import several
from app.services.workplace import Workplace
from tests.app.services.workplaces import OUTSIDE, FakePool
from tests.dprotonet.row_bundle import CSV


@pytest.fixture
def taken(workplace: Workplace, pool: FakePool) -> list[Intake]:
    """Three rows, read by the model."""
    results = several.add_many(workplace, [("table.csv", CSV.encode())])
    queue.run_pending(workplace, pool)
    return results


def _room(workplace: Workplace, taken: Intake) -> RoomSheet:
    return open_room(workplace, str(taken.case_id))


def test_the_values_stand_in_the_models_order_with_units(
    workplace: Workplace, taken: list[Intake]
) -> None:
    room = _room(workplace, taken[0])
    assert room.kind == "row" and room.pixels.endswith(f"?model={room.facts.model}")
    assert [(one.name, one.text, one.unit) for one in room.values] == [
        ("radius", "10.5", "mm"),
        ("texture", "14", ""),
        ("stage", "early", ""),
        ("smoothness", "0.1", ""),
    ]
    assert not any(one.note for one in room.values)
    assert room.facts.line == "Row of a table · picture of 64 × 64"
    assert room.headline is not None and room.headline.context.endswith("made for such a row.")


def test_what_is_missing_or_beyond_the_training_rows_says_what_it_is_read_as(
    workplace: Workplace, taken: list[Intake]
) -> None:
    missing, beyond = (_room(workplace, one).values[0] for one in taken[1:])
    assert (missing.text, missing.note) == (
        "missing",
        "Read as 13 mm, the middle of the training rows.",
    )
    assert (beyond.text, beyond.note) == (
        "30",
        "Beyond all training rows: read as the nearest of them.",
    )


def test_where_the_stored_row_is_gone_the_room_opens_without_values(
    workplace: Workplace, taken: list[Intake]
) -> None:
    with workplace.store.read() as tx:
        case = tx.cases.get(str(taken[0].case_id))
    workplace.blobs.delete(case.file_sha256)
    room = _room(workplace, taken[0])
    assert room.kind == "row" and room.values == () and room.headline is not None


def test_what_can_be_tried_is_a_category_of_the_table_or_to_hide_what_is_there(
    workplace: Workplace, taken: list[Intake]
) -> None:
    values = _room(workplace, taken[1]).values
    assert [one.can_hide for one in values] == [False, True, True, True]
    assert values[2].choices == ("early", "middle", "late") and values[1].choices == ()


@pytest.mark.parametrize("is_refused", [False, True])
def test_no_sentence_of_a_rows_room_speaks_of_an_image(
    workplace: Workplace, is_refused: bool
) -> None:
    pool = FakePool(
        classes=("benign", "malignant"), gate=lambda image: OUTSIDE if is_refused else None
    )
    taken = several.add_many(workplace, [("table.csv", CSV.encode())])
    waiting = _room(workplace, taken[0])
    queue.run_pending(workplace, pool)
    case_id = str(taken[0].case_id)
    if not is_refused:
        explanations.request(workplace, case_id, frame=0, node="class:malignant", tier="standard")
        queue.run_pending(workplace, pool)
    room = open_room(workplace, case_id, anyway=True)
    assert room.kind == "row" and room.headline is not None
    assert bool(room.maps) is not is_refused
    said = json.dumps([asdict(waiting), asdict(room)]).replace('"image"', "")
    assert not re.findall(r"[^\"]*\b(?:images?|films?)\b[^\"]*", said)


def test_a_training_row_shows_how_it_differs_by_more_than_colour(
    workplace: Workplace, taken: list[Intake]
) -> None:
    with workplace.store.read() as tx:
        case = tx.cases.get(str(taken[0].case_id))
    read = read_row(workplace, case, case.model)
    assert read is not None
    assert [(one.name, one.text, one.sign) for one in read.beside("sample-04")] == [
        ("radius", "12", ""),
        ("texture", "19", "▲"),
        ("stage", "middle", "≠"),
        ("smoothness", "0.08", "▼"),
    ]
    hint = read.beside("sample-04")[1].hint
    assert hint == "Higher in the training row, by 25 % of the attribute's scale."
    assert read.beside("sample-02")[3].sign == "?", "it has no smoothness"
    assert read.beside("unknown") == ()


def test_prototypes_show_their_rows_and_words_for_rows(
    workplace: Workplace, taken: list[Intake]
) -> None:
    room = _room(workplace, taken[0])
    card = room.cards[0]
    assert len(card.sources[0].values) == 4
    assert card.sources[0].title.startswith("Training row 1 of ")
    assert "similar" in card.asks and "training images" not in room.evidence_note
    titles = [question.title for question in room.form.judgement]
    assert titles == ["Are the two rows alike?", "As evidence it is"]


def test_a_heatmap_is_read_back_to_attributes(
    workplace: Workplace, pool: FakePool, taken: list[Intake]
) -> None:
    case_id = str(taken[0].case_id)
    explanations.request(workplace, case_id, frame=0, node="class:malignant", tier="standard")
    queue.run_pending(workplace, pool)
    (offer, *_) = _room(workplace, taken[0]).maps
    assert [share.value for share in offer.shares] == sorted(
        (share.value for share in offer.shares), reverse=True
    )
    assert sum(share.value for share in offer.shares) == pytest.approx(1)
    assert {share.name for share in offer.shares} == {"radius", "texture", "stage", "smoothness"}
    first = offer.shares[0]
    assert f"lies on attributes: of that {first.name} {first.text}" in offer.shares_text
    assert "inside the body" not in offer.claim


def test_of_many_attributes_the_few_that_are_marked_most_have_a_bar() -> None:
    ranked = [(f"a{number}", (12 - number) / 78) for number in range(12)]
    bars = _bars(ranked)
    assert [bar.name for bar in bars] == [*(f"a{number}" for number in range(8)), "4 others"]
    assert sum(bar.value for bar in bars) == pytest.approx(1)
    assert [bar.name for bar in _bars(ranked[:9])] == [name for name, _ in ranked[:9]]


def test_marks_on_a_point_fall_to_its_pair(workplace: Workplace, taken: list[Intake]) -> None:
    with workplace.store.read() as tx:
        case = tx.cases.get(str(taken[0].case_id))
    read = read_row(workplace, case, case.model)
    assert read is not None
    painted = read.images.encoding.paint(read.images.table.units(read.row))
    shares = read.shares((painted[0] > 0).astype(np.float32)).by_attribute
    assert shares["radius"] == shares["texture"] == pytest.approx(0.5)
    assert shares["stage"] == 0


def test_a_row_that_is_read_first_shows_its_values_and_asks_for_no_mark(
    workplace: Workplace, taken: list[Intake]
) -> None:
    set_reads_first(workplace, True)
    room = _room(workplace, taken[0])
    assert room.stage == "blind" and room.headline is None and not room.cards
    assert [one.name for one in room.values] == ["radius", "texture", "stage", "smoothness"]
    assert [question.id for question in room.form.questions] == ["label", "confidence"]
    entries = {"answers": {"label": "benign", "confidence": "4"}, "active_seconds": 3.0}
    blind.lock(workplace, room.case_id, entries, frame=0, study="")
    revealed = _room(workplace, taken[0])
    assert revealed.stage == "revealed" and revealed.headline is not None


def test_the_report_of_a_row_is_made_as_that_of_an_image(
    workplace: Workplace, taken: list[Intake]
) -> None:
    made = case_report.of_case(workplace, str(taken[0].case_id))
    assert made.startswith(b"%PDF")


def test_a_batch_over_a_table_exports_the_shares_of_its_attributes(
    workplace: Workplace, pool: FakePool
) -> None:
    data = CSV.replace("0.12", "wrong")
    job = batches.start_upload(workplace, [("dir/table.csv", data.encode())], explain=True)
    queue.run_pending(workplace, pool)
    state = batches.progress(workplace, job.job_id)
    assert state.title == "dir/table.csv: 3 rows" and dict(state.counts) == {"done": 2, "error": 1}
    made = batch_export.as_csv(workplace, job.job_id).decode()
    lines = list(csv.DictReader(io.StringIO(made)))
    assert [line["file"] for line in lines] == [f"table.csv, line {n}" for n in (2, 3, 4)]
    assert lines[1]["message"].startswith("Line 3, column “smoothness”")
    shares = [float(lines[0][f"share({name})"]) for name in ("radius", "texture", "stage")]
    assert 0 < sum(shares) <= 1 and lines[1]["share(radius)"] == ""
    files = json.loads(batch_export.as_json(workplace, job.job_id))["files"]
    assert sum(files[0]["shares"].values()) == pytest.approx(1) and files[1]["shares"] == {}
    assert "patient" not in made and "diagnosis" not in made
