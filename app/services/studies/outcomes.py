"""What a study comes to: statistics, and the reference standard that they are measured by."""

from __future__ import annotations

import csv
import hashlib
import io

from app.domain.errors import Forbidden, Refused
from app.domain.permissions import needs, within
from app.domain.studies.observations import Truth, observations, truths
from app.domain.studies.results import Results, results
from app.domain.studies.study import Study, StudyCase
from app.services.audit.recording import record_study
from app.services.studies import blinding
from app.services.workplace import Workplace
from app.store.sql_store import Transaction

LARGEST_TABLE = 5_000_000  # bytes


@needs("run studies")
def study_results(workplace: Workplace, study_id: str) -> Results:
    """Agreement, readers alone and with the AI, and its influence, from the reads so far.

    Raises:
        Forbidden: whoever asks still reads or decides in the study, or is to read one of its
            images first.
        NotFound: there is no such study.
    """
    with workplace.store.read() as tx:
        study = tx.studies.get(study_id)
        check_may_see(workplace, tx, study)
        said = observations(tx.reads.of_study(study_id))
        truth = truth_of(tx, study)
    return results(study.protocol, study.readers, said, truth)


@needs("run studies")
def set_reference(workplace: Workplace, study_id: str, table: bytes) -> int:
    """Give the cases their labels in a reference standard, such as histology or a panel; those
    given before go. No reader sees them.

    Args:
        workplace: where.
        study_id: its id.
        table: a CSV file in UTF-8 with the columns case (its id or, where no two are alike, its
            file's name) and label, and frame, from 0, where it is not the first.

    Returns:
        How many cases have a label now.

    Raises:
        NotFound: there is no such study.
        Refused: the table is none, names a case that is not in the study, or a label that is not
            in its protocol.
    """
    rows = _rows(table)
    with workplace.store.write() as tx:
        study = tx.studies.get(study_id, lock=True)
        places = _places(tx, study)
        labels: dict[StudyCase, str] = {}
        for number, row in enumerate(rows, start=2):
            case = places.get((row["case"], row["frame"]))
            if case is None:
                raise Refused(
                    f"Line {number} names “{row['case']}”, which is no case of this study, or a "
                    "name that several of its files have. Write the case's id."
                )
            if row["label"] not in study.protocol.labels:
                raise Refused(
                    f"Line {number} says “{row['label']}”, which is none of the labels. "
                    f"Write one of: {', '.join(study.protocol.labels)}."
                )
            if case in labels:
                raise Refused(f"Line {number} names a case for the second time. Remove one.")
            labels[case] = row["label"]
        tx.studies.set_reference(study_id, labels)
        digest = hashlib.sha256(table).hexdigest()
        record_study(workplace, tx, "study changed", study, content=digest)
    return len(labels)


@within
def truth_of(tx: Transaction, study: Study) -> dict[StudyCase, Truth]:
    """What the cases of a study are taken to show."""
    return truths(
        study.protocol,
        tx.reads.of_study(study.study_id),
        tx.reads.adjudications(study.study_id),
        tx.studies.reference(study.study_id),
    )


@within
def check_may_see(workplace: Workplace, tx: Transaction, study: Study) -> None:
    """Raise Forbidden while others' reads, or the model's answers, are hidden from whoever acts."""
    if study.state == "open":
        own = tx.reads.of_reader(study.study_id, workplace.reader)
        if workplace.reader in study.adjudicators or any(not read.is_done for read in own):
            raise Forbidden(
                "You read or decide in this study yourself, so others' reads are shown to you when "
                "yours are done, or when the study is closed."
            )
    onlooker = blinding.onlooker(workplace, tx)
    if onlooker is None:
        return
    case_ids = [case.case_id for case in tx.studies.cases(study.study_id)]
    if tx.blinding.among(onlooker, case_ids):
        raise Forbidden(
            "Your own read of some of these images comes first, in another study or by your own "
            "choice, so what the model says of them is not shown to you yet."
        )


def _rows(table: bytes) -> list[dict[str, str]]:
    if len(table) > LARGEST_TABLE:
        raise Refused(f"The table has more than {LARGEST_TABLE} bytes. Leave other columns out.")
    try:
        reader = csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""))
        rows = list(reader)
        names = set(reader.fieldnames or ())
    except (UnicodeDecodeError, csv.Error):
        raise Refused("This is no CSV file in UTF-8. Export the table as one.") from None
    if not {"case", "label"} <= names:
        raise Refused("The table has no columns “case” and “label”. Name them in its first line.")
    return [
        {
            "case": (row["case"] or "").strip(),
            "label": (row["label"] or "").strip(),
            "frame": (row.get("frame") or "0").strip(),
        }
        for row in rows
    ]


def _places(tx: Transaction, study: Study) -> dict[tuple[str, str], StudyCase]:
    """The cases by what a table may call them, and their frame."""
    places: dict[tuple[str, str], StudyCase] = {}
    twice: set[tuple[str, str]] = set()
    for case in tx.studies.cases(study.study_id):
        name = tx.cases.get(case.case_id).file_name, str(case.frame)
        if name in places:
            twice.add(name)
        places[name] = case
    for name in twice:
        del places[name]
    by_id = {(c.case_id, str(c.frame)): c for c in tx.studies.cases(study.study_id)}
    return places | by_id
