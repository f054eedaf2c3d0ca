"""A study as files: one flat table of its reads, what its columns mean, and a table for iMRMC."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal, get_args

from app.domain.annotations import VERDICTS
from app.domain.cases import Case
from app.domain.errors import Refused
from app.domain.marks import Mark
from app.domain.permissions import needs
from app.domain.studies.columns import columns
from app.domain.studies.judgement import REASONS, REGIONS
from app.domain.studies.observations import Truth, observations, score
from app.domain.studies.protocol import ARMS, Answers, Protocol
from app.domain.studies.reads import StudyRead
from app.domain.studies.study import Study, StudyCase
from app.services.audit.recording import record_study_export
from app.services.export import csv_bytes, json_bytes
from app.services.studies.outcomes import check_may_see, truth_of
from app.services.workplace import Workplace

Part = Literal["all", "reads", "dictionary", "iMRMC", "protocol"]
PARTS: tuple[Part, ...] = get_args(Part)
FILES: Mapping[Part, str] = {
    "reads": "reads.csv",
    "dictionary": "dictionary.csv",
    "iMRMC": "imrmc.csv",
    "protocol": "protocol.json",
}
"""What the ZIP file of all holds."""
IMRMC = ("readerID", "caseID", "modalityID", "score")
NO_TRUTH = (
    "No case of this study has a truth yet, which iMRMC needs: give a reference table, or let the "
    "readers and the adjudicator finish."
)


@needs("run studies")
def export(workplace: Workplace, study_id: str, *, part: Part = "all") -> bytes:
    """One file of a study; the audit records it.

    Args:
        workplace: where.
        study_id: its id.
        part: reads: one row a read, CSV; dictionary: what its columns mean, CSV; iMRMC: rows for
            the R package iMRMC, whose truth rows have the reader and the modality "truth", CSV;
            protocol: JSON; all: a ZIP file of these, without a table for iMRMC where no truth is
            known.

    Raises:
        Forbidden: whoever asks still reads or decides in the study, or is to read one of its
            images first.
        NotFound: there is no such study.
        Refused: no truth is known for iMRMC.
    """
    if part not in PARTS:
        raise Refused(f"A study has no part “{part}”. Choose: {', '.join(PARTS)}.")
    with workplace.store.read() as tx:
        study = tx.studies.get(study_id)
        check_may_see(workplace, tx, study)
        reads = tx.reads.of_study(study_id)
        truth = truth_of(tx, study)
        cases = {one.case_id: tx.cases.get(one.case_id) for one in tx.studies.cases(study_id)}
    made: dict[Part, bytes] = {}
    wanted = FILES if part == "all" else (part,)
    for name in wanted:
        if name == "reads":
            rows = _records(study, reads, truth, cases)
            made[name] = csv_bytes([c.name for c in columns(study.protocol)], rows)
        elif name == "dictionary":
            made[name] = _dictionary(study.protocol)
        elif name == "protocol":
            made[name] = json_bytes(study.protocol.to_json())
        elif truth or part == "iMRMC":
            made[name] = _imrmc(study, reads, truth)
    content = _zip(made) if part == "all" else made[part]
    return record_study_export(workplace, study, content)


def reader_codes(study: Study) -> dict[str, str]:
    """R01, R02, …: what tables for other programs call the readers."""
    width = max(2, len(str(len(study.readers))))
    return {name: f"R{n:0{width}d}" for n, name in enumerate(study.readers, start=1)}


def _dictionary(protocol: Protocol) -> bytes:
    rows = (
        {
            "column": one.name,
            "meaning": one.meaning,
            "kind": one.kind,
            "unit": one.unit,
            "codes": one.coded,
        }
        for one in columns(protocol)
    )
    return csv_bytes(("column", "meaning", "kind", "unit", "codes"), rows)


def _imrmc(study: Study, reads: Sequence[StudyRead], truth: Mapping[StudyCase, Truth]) -> bytes:
    if not truth:
        raise Refused(NO_TRUTH)
    negative, codes = study.protocol.negative_label, reader_codes(study)
    rows: list[tuple[str, str, str, int]] = [
        ("truth", _case_code(case), "truth", int(one.label != negative))
        for case, one in truth.items()
    ]
    rows += [
        (
            codes[one.reader],
            _case_code(one.case),
            one.condition,
            score(one.label, one.confidence, negative),
        )
        for one in observations(reads)
        if one.case in truth and not one.is_repeat
    ]
    return csv_bytes(IMRMC, (dict(zip(IMRMC, row, strict=True)) for row in rows))


def _case_code(case: StudyCase) -> str:
    """The case's id, written so that no program takes its digits for a number."""
    return f"case-{case.case_id}" + (f"-{case.frame}" if case.frame else "")


def _zip(made: Mapping[Part, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for part, content in made.items():
            file.writestr(zipfile.ZipInfo(FILES[part], (1980, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def _records(
    study: Study,
    reads: Sequence[StudyRead],
    truth: Mapping[StudyCase, Truth],
    cases: Mapping[str, Case],
) -> Iterable[dict[str, Any]]:
    codes = reader_codes(study)
    for read in reads:
        case = cases[read.key.case_id]
        yield {
            "study": study.study_id,
            "protocol_sha256": study.protocol_digest,
            "model": study.model_name,
            "model_sha256": study.model,
            "site_sha256": study.site,
            "case": case.case_id,
            "frame": read.key.frame,
            "file_sha256": case.file_sha256,
            "pixel_sha256": case.pixel_sha256,
            "reader": read.key.reader,
            "reader_code": codes.get(read.key.reader),
            "arm": read.arm,
            "arm_code": _code(read.arm, ARMS),
            "round": read.key.round,
            "is_repeat": read.is_repeat,
            "position": read.position,
            "is_done": read.is_done,
            **_first(read, study.protocol),
            **_second(read, study.protocol),
            **_last(read, study.protocol, truth.get(StudyCase(case.case_id, read.key.frame))),
        }


def _first(read: StudyRead, protocol: Protocol) -> dict[str, Any]:
    first = read.first
    if first is None:
        return {}
    return {
        "first_label": first.label,
        "first_label_code": _code(first.label, protocol.labels),
        "first_confidence": first.confidence,
        "first_score": score(first.label, first.confidence, protocol.negative_label),
        "first_nothing_to_mark": first.nothing_to_mark,
        "first_marks": _marks(first.marks),
        "first_seconds": first.active_seconds,
        "first_locked_at": first.locked_at.isoformat(),
        "first_audit_sequence": first.audit_sequence,
        "first_audit_hash": first.audit_hash,
        **_answers(first.answers, protocol),
    }


def _second(read: StudyRead, protocol: Protocol) -> dict[str, Any]:
    second = read.second
    if second is None:
        return {}
    said = second.judgement
    return {
        "predicted_label": second.predicted_label,
        "predicted_label_code": _code(second.predicted_label, protocol.labels),
        "predicted_probability": second.predicted_probability,
        "support": second.support,
        "verdict": said.verdict,
        "verdict_code": _code(said.verdict, VERDICTS),
        "reason": said.reason,
        "reason_code": _code(said.reason, REASONS),
        "region": said.region,
        "region_code": _code(said.region, REGIONS),
        "corrected_label": said.corrected_label,
        "second_marks": _marks(said.marks),
        "tried": json.dumps(list(said.tried)),
        "prototype_judgements": json.dumps(
            {name: asdict(one) for name, one in said.prototype_judgements.items()}
        ),
        "text": said.text,
        "second_seconds": said.active_seconds,
        "signed_at": second.signed_at.isoformat(),
        "second_audit_sequence": second.audit_sequence,
        "second_audit_hash": second.audit_hash,
        **_answers(said.answers, protocol),
    }


def _last(read: StudyRead, protocol: Protocol, truth: Truth | None) -> dict[str, Any]:
    record: dict[str, Any] = {}
    if read.label is not None and read.confidence is not None:
        record = {
            "last_label": read.label,
            "last_label_code": _code(read.label, protocol.labels),
            "last_confidence": read.confidence,
            "last_score": score(read.label, read.confidence, protocol.negative_label),
        }
    if truth is not None:
        record |= {
            "truth_label": truth.label,
            "truth_label_code": _code(truth.label, protocol.labels),
            "truth_source": truth.source,
        }
    return record


def _answers(answers: Answers, protocol: Protocol) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for question in protocol.questions:
        answer = answers.get(question.code)
        if answer is None:
            continue
        name = f"q_{question.code}"
        if isinstance(answer, int):
            record |= {name: question.options[answer - 1], f"{name}_code": answer}
        else:
            record |= {name: answer, f"{name}_code": _code(answer, question.options)}
    return record


def _code(text: str | None, known: Sequence[str]) -> int | None:
    return known.index(text) + 1 if text in known else None


def _marks(marks: Sequence[Mark]) -> str:
    return json.dumps([mark.to_json() for mark in marks])
