"""A study as files for other programs."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable

import pytest

from app.domain.errors import Forbidden, Refused
from app.domain.marks import Mark
from app.domain.studies.protocol import Question, protocol_from_json
from app.domain.studies.study import Study
from app.services.studies import exporting, outcomes
from tests.app.services.studies.conftest import People, lock, sign

Opened = Callable[..., Study]
BOX = Mark("rectangle", ((2.0, 3.0), (9.5, 8.0)))
QUESTIONS = (
    Question("seen", "Seen before?", options=("yes", "no")),
    Question("help", "Did it help?", kind="scale", options=("no", "yes"), part="second"),
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Files do not depend on the database."""
    return sqlite_url


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.fixture
def study(people: People, opened: Opened, cases: tuple[str, ...]) -> Study:
    """Ann has read the first case, and locked the second; Ben nothing."""
    made = opened(questions=QUESTIONS)
    lock(people.ann, made, cases[0], label="none", marks=[BOX], answers={"seen": "no"})
    sign(
        people.ann,
        made,
        cases[0],
        text="=1+1",
        reason="wrong",
        region="outside the body",
        answers={"help": 2},
        tried=({"off": "p00"},),
    )
    lock(people.ann, made, cases[1], label="none", answers={"seen": "yes"}, nothing_to_mark=True)
    return made


def test_one_row_is_one_read_with_words_and_codes(
    people: People, study: Study, cases: tuple[str, ...]
) -> None:
    made = exporting.export(people.lead, study.study_id, part="reads")
    rows = table(made)
    assert len(rows) == 8
    (row,) = [r for r in rows if (r["reader"], r["case"]) == ("ann", cases[0])]
    said = {
        "reader_code": "R01",
        "arm_code": "1",
        "is_done": "true",
        "first_label": "none",
        "first_label_code": "1",
        "first_score": "2",
        "q_seen": "no",
        "q_seen_code": "2",
        "predicted_label": "finding",
        "verdict_code": "1",
        "reason_code": "3",
        "region_code": "3",
        "last_label": "finding",
        "last_score": "10",
        "q_help": "yes",
        "q_help_code": "2",
        "first_seconds": "10.0",
        "text": "'=1+1",
    }
    assert {name: row[name] for name in said} == said
    assert json.loads(row["first_marks"]) == [BOX.to_json()]
    assert json.loads(row["tried"]) == [{"off": "p00"}]
    (half,) = [r for r in rows if (r["reader"], r["case"]) == ("ann", cases[1])]
    assert (half["is_done"], half["first_nothing_to_mark"], half["signed_at"]) == (
        "false",
        "true",
        "",
    )
    with people.lead.store.read() as tx:
        last = list(tx.audit.entries())[-1]
    assert (last.action, last.subject) == ("study exported", study.study_id)
    assert last.content == hashlib.sha256(made).hexdigest()


def test_the_dictionary_has_each_column_of_the_table(people: People, study: Study) -> None:
    rows = table(exporting.export(people.lead, study.study_id, part="dictionary"))
    reads = table(exporting.export(people.lead, study.study_id, part="reads"))
    assert [row["column"] for row in rows] == list(reads[0])
    assert all(row["meaning"] and row["kind"] for row in rows)
    codes = {row["column"]: row["codes"] for row in rows if row["codes"]}
    assert codes["first_label_code"] == "1 = none; 2 = finding"
    assert codes["q_help_code"] == "1 = no; 2 = yes"
    coded = {name for name in reads[0] if name.endswith("_code") and name != "reader_code"}
    assert set(codes) == coded


def test_the_table_for_imrmc_has_truth_rows_and_scores(
    people: People, study: Study, cases: tuple[str, ...]
) -> None:
    with pytest.raises(Refused, match="No case of this study has a truth"):
        exporting.export(people.lead, study.study_id, part="iMRMC")
    reference = f"case,label\n{cases[0]},finding\n{cases[1]},none\n"
    outcomes.set_reference(people.lead, study.study_id, reference.encode())
    rows = table(exporting.export(people.lead, study.study_id, part="iMRMC"))
    first, second = (f"case-{case_id}" for case_id in cases[:2])
    assert [tuple(row.values()) for row in rows[:2]] == [
        ("truth", first, "truth", "1"),
        ("truth", second, "truth", "0"),
    ]
    assert {tuple(row.values()) for row in rows[2:]} == {
        ("R01", first, "alone", "2"),
        ("R01", first, "with AI", "10"),
        ("R01", second, "alone", "2"),
    }
    assert list(rows[0]) == ["readerID", "caseID", "modalityID", "score"]


def test_all_of_it_is_one_file(people: People, study: Study) -> None:
    with zipfile.ZipFile(io.BytesIO(exporting.export(people.lead, study.study_id))) as file:
        assert set(file.namelist()) == {"reads.csv", "dictionary.csv", "protocol.json"}
        protocol = protocol_from_json(json.loads(file.read("protocol.json")))
    assert protocol == study.protocol and protocol.digest == study.protocol_digest
    with pytest.raises(Refused, match="no part"):
        exporting.export(people.lead, study.study_id, part="other")  # type: ignore[arg-type]


def test_a_study_is_its_leads_to_export(people: People, study: Study) -> None:
    for person in (people.ann, people.cho):
        with pytest.raises(Forbidden):
            exporting.export(person, study.study_id)
