"""The columns of a study's export, each with what it means: one row is one read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.annotations import VERDICTS
from app.domain.studies.judgement import REASONS, REGIONS
from app.domain.studies.protocol import ARMS, Protocol


@dataclass(frozen=True)
class Column:
    """One column of the data dictionary."""

    name: str
    meaning: str
    kind: str = "text"
    """text, whole number, number, true or false, time (ISO 8601, UTC), JSON, code."""
    unit: str = ""
    codes: Sequence[str] = ()
    """What 1, 2, … stand for."""

    @property
    def coded(self) -> str:
        """The codes in words: 1 = none; 2 = finding."""
        return "; ".join(f"{number} = {text}" for number, text in enumerate(self.codes, start=1))


def columns(protocol: Protocol) -> tuple[Column, ...]:
    """All columns, in order; those of the questions after what they are asked with."""
    labels = protocol.labels
    return (
        Column("study", "id of the study"),
        Column("protocol_sha256", "SHA-256 of the protocol, which protocol.json holds"),
        Column("model", "name of the model that the study is bound to"),
        Column("model_sha256", "its SHA-256"),
        Column("site_sha256", "SHA-256 of the site's settings; empty for the model's own"),
        Column("case", "id of the case"),
        Column("frame", "frame of the case", "whole number", "from 0"),
        Column("file_sha256", "SHA-256 of the file"),
        Column("pixel_sha256", "hash of its pixels: equal in the same image under another header"),
        Column("reader", "name of the reader"),
        Column("reader_code", "R and the reader's place among those of the study"),
        Column("arm", "how the case is read in this round"),
        Column("arm_code", "the same", "code", codes=ARMS),
        Column("round", "how often this reader is to read this case", "whole number", "from 1"),
        Column("is_repeat", "the case is read once more in the same arm", "true or false"),
        Column("position", "place in this reader's order", "whole number", "from 0"),
        Column("is_done", "nothing more is to be said in this round", "true or false"),
        *_first(labels),
        *_questions(protocol, "first"),
        *_second(labels),
        *_questions(protocol, "second"),
        *_last(labels),
    )


def _first(labels: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column("first_label", "what the reader said before the AI was shown"),
        Column("first_label_code", "the same", "code", codes=labels),
        Column("first_confidence", "how sure the reader was", "whole number", "1 to 5"),
        Column(
            "first_score",
            "how sure of a finding: 1 certain that there is none, 10 certain that there is one",
            "whole number",
            "1 to 10",
        ),
        Column("first_nothing_to_mark", "the reader said that nothing is to mark", "true or false"),
        Column("first_marks", "what was drawn, in pixels of the native grid", "JSON"),
        Column("first_seconds", "active time until it was locked", "number", "s"),
        Column("first_locked_at", "when it was locked", "time"),
        Column("first_audit_sequence", "number of its entry in the audit", "whole number"),
        Column("first_audit_hash", "hash of that entry"),
    )


def _second(labels: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column("predicted_label", "what the model called it, as it was shown"),
        Column("predicted_label_code", "the same; empty for another text", "code", codes=labels),
        Column("predicted_probability", "of that label, calibrated", "number", "0 to 1"),
        Column("support", "whether the model was made for such a case"),
        Column("verdict", "is the model's label right?"),
        Column("verdict_code", "the same", "code", codes=VERDICTS),
        Column("reason", "is the model's reason right?"),
        Column("reason_code", "the same", "code", codes=REASONS),
        Column("region", "where the model looked, beside where the reader sees it"),
        Column("region_code", "the same", "code", codes=REGIONS),
        Column("corrected_label", "what the reader says it is instead"),
        Column("second_marks", "what was drawn with the AI in sight", "JSON"),
        Column("tried", "interventions, in order", "JSON"),
        Column("prototype_judgements", "what the reader says of prototypes, by their ids", "JSON"),
        Column("text", "the reader's remark"),
        Column("second_seconds", "active time with the AI in sight", "number", "s"),
        Column("signed_at", "when it was signed", "time"),
        Column("second_audit_sequence", "number of its entry in the audit", "whole number"),
        Column("second_audit_hash", "hash of that entry"),
    )


def _last(labels: Sequence[str]) -> tuple[Column, ...]:
    return (
        Column("last_label", "what the reader says of the case in the end"),
        Column("last_label_code", "the same", "code", codes=labels),
        Column("last_confidence", "how sure the reader was then", "whole number", "1 to 5"),
        Column("last_score", "how sure of a finding, as first_score", "whole number", "1 to 10"),
        Column("truth_label", "what the case is taken to show; empty where that is not known"),
        Column("truth_label_code", "the same", "code", codes=labels),
        Column(
            "truth_source",
            "reference: of the table that was given; adjudicated: decided where readers differed; "
            "agreed: all readers said it in the end",
        ),
    )


def _questions(protocol: Protocol, part: str) -> tuple[Column, ...]:
    found: list[Column] = []
    for question in protocol.questions:
        if question.part != part:
            continue
        name = f"q_{question.code}"
        found.append(Column(name, question.text))
        if question.kind != "text":
            found.append(Column(f"{name}_code", "the same", "code", codes=question.options))
    return tuple(found)
