"""The protocol of a study as data: what is asked, in which order, and what is hidden meanwhile."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from app.domain.errors import Refused

SCHEMA = "dprotonet-review/protocol/1"
Arm = Literal["sequential", "alone", "with AI"]
"""How a case is read. sequential: alone, then with AI; alone: the AI is never shown; with AI: it is
shown from the start."""
ARMS: tuple[Arm, ...] = get_args(Arm)
Part = Literal["first", "second"]
"""first: before the AI is shown; second: with it in sight."""
QuestionKind = Literal["choice", "scale", "text"]
MarksAsked = Literal["no", "asked", "required"]
AdjudicationRule = Literal["never", "labels differ", "confidence differs", "always"]
ADJUDICATION_RULES: tuple[AdjudicationRule, ...] = get_args(AdjudicationRule)
CONFIDENCE = ("guess", "unsure", "fairly sure", "sure", "certain")
"""The usual words for confidence 1 to 5."""
CONFIDENCE_GAP = 2
"""Steps by which two readers' confidence in one label differs, so that an adjudicator is asked."""
LONGEST_NAME = 200  # characters of a title, a label, a question, an option
LONGEST_ANSWER = 2000  # characters
MOST_QUESTIONS, MOST_OPTIONS, MOST_LABELS = 50, 50, 100
LONGEST_WASHOUT = 366  # days
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
Answers = Mapping[str, str | int]
"""By the questions' codes: the option of a choice, the step of a scale from 1, or a text."""


@dataclass(frozen=True)
class Question:
    """One question about a case."""

    code: str
    """Its column in the export."""
    text: str
    kind: QuestionKind = "choice"
    options: tuple[str, ...] = ()
    """Of a choice; of a scale the words for its steps, from 1 up."""
    required: bool = True
    part: Part = "first"
    """With which part of the read it is asked."""

    def __post_init__(self) -> None:
        if not _CODE.match(self.code):
            raise Refused(
                f"“{self.code}” is no code of a question. Write a small letter, then at most 39 "
                "small letters, digits and underscores."
            )
        _check_text(self.text, f"The question “{self.code}”")
        _check_one_of(self.kind, get_args(QuestionKind), f"The kind of question “{self.code}”")
        _check_one_of(self.part, get_args(Part), f"The part of question “{self.code}”")
        if self.kind == "text" and self.options:
            raise Refused(f"Question “{self.code}” asks for a text, but has options. Remove them.")
        if self.kind != "text":
            _check_list(self.options, f"The options of question “{self.code}”", 2, MOST_OPTIONS)

    def check(self, answer: object) -> str | int:
        """The answer, if it is one.

        Raises:
            Refused: it is not.
        """
        if self.kind == "choice" and isinstance(answer, str) and answer in self.options:
            return answer
        if self.kind == "scale" and type(answer) is int and 1 <= answer <= len(self.options):
            return answer
        if self.kind == "text" and isinstance(answer, str) and len(answer) <= LONGEST_ANSWER:
            return answer.strip()
        wanted = {
            "choice": f"Choose one of: {', '.join(self.options)}.",
            "scale": f"Choose 1 to {len(self.options)}.",
            "text": f"Write at most {LONGEST_ANSWER} characters.",
        }
        raise Refused(f"This is no answer to “{self.text}”. {wanted[self.kind]}")


@dataclass(frozen=True)
class Protocol:
    """What a study does; checked once, here."""

    title: str
    labels: tuple[str, ...]
    """What a reader may say a case shows."""
    negative_label: str
    """The one that means that nothing was found."""
    confidence: tuple[str, ...] = CONFIDENCE
    """The words for 1 to 5."""
    marks: MarksAsked = "asked"
    """Does a reader draw where the finding is? required: or says that there is nothing to mark."""
    questions: tuple[Question, ...] = ()
    arms: tuple[Arm, ...] = ("sequential",)
    """One, or "alone" and "with AI": then every reader reads every case in both, half of the cases
    alone first."""
    seed: int | None = 0
    """Of the order, another one for each reader; None: all read in the order of the cases."""
    reads_per_case: int = 0
    """How many readers read each case; 0: all of them."""
    repeated: float = 0.0
    """Fraction of the cases that each reader reads once more, 0 to 1."""
    washout_cases: int = 0
    """Other cases between two reads of one case by one reader, as long as others are left."""
    washout_days: int = 0
    adjudication: AdjudicationRule = "labels differ"
    adjudicator_sees_ai: bool = False
    """May an adjudicator see the model's answer before they decide?"""

    def __post_init__(self) -> None:
        _check_text(self.title, "The title")
        _check_list(self.labels, "The labels", 2, MOST_LABELS)
        if self.negative_label not in self.labels:
            raise Refused(
                f"“{self.negative_label}” is to mean that nothing was found, but is none of the "
                "labels. Name one of them."
            )
        _check_list(self.confidence, "The words for confidence", 5, 5)
        _check_one_of(self.marks, get_args(MarksAsked), "What is drawn")
        _check_one_of(self.adjudication, ADJUDICATION_RULES, "The rule of adjudication")
        _check_questions(self.questions, self.arms)
        _check_numbers(self)

    @property
    def is_blind(self) -> bool:
        """Is there a read before which nothing of the model is shown?"""
        return self.arms != ("with AI",)

    @property
    def shows_ai(self) -> bool:
        """Is the model's answer shown at all?"""
        return self.arms != ("alone",)

    @property
    def digest(self) -> str:
        """SHA-256 of the protocol."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """As it is stored and exported."""
        return {"schema": SCHEMA} | json.loads(json.dumps(asdict(self)))

    def check_label(self, label: str) -> None:
        """Raise Refused if a reader may not say this."""
        if label not in self.labels:
            raise Refused(f"“{label}” is none of the labels. Choose: {', '.join(self.labels)}.")

    def check_answers(self, answers: Mapping[str, object], part: Part) -> Answers:
        """The answers to the questions of one part of the read.

        Raises:
            Refused: one is missing, is no answer, or answers no question.
        """
        asked = {question.code: question for question in self.questions if question.part == part}
        unknown = sorted(set(answers) - set(asked))
        if unknown:
            raise Refused(f"“{unknown[0]}” is no question that is asked here. Reload the page.")
        given = {
            code: asked[code].check(answer)
            for code, answer in answers.items()
            if answer not in (None, "")
        }
        missing = [q for code, q in asked.items() if q.required and given.get(code) in (None, "")]
        if missing:
            raise Refused(f"There is no answer to “{missing[0].text}” yet. Give one.")
        return given


def protocol_from_json(document: object) -> Protocol:
    """A protocol that was written as JSON.

    Raises:
        Refused: it is none, with what is wrong and where.
    """
    if not isinstance(document, Mapping):
        raise Refused("This is no protocol: it is not a JSON object. Export one to see its form.")
    if document.get("schema") != SCHEMA:
        raise Refused(f"This is no protocol that can be read here: its schema is not “{SCHEMA}”.")
    values = {name: value for name, value in document.items() if name != "schema"}
    _check_keys(values, Protocol, "protocol")
    for name in ("title", "labels", "negative_label"):
        if name not in values:
            raise Refused(f"The protocol has no “{name}”. Add it.")
    questions = values.pop("questions", [])
    if not isinstance(questions, list):
        raise Refused("The questions are no list. Write them as one.")
    return Protocol(
        **{name: _frozen(value) for name, value in values.items()},
        questions=tuple(_question(entry) for entry in questions),
    )


def _question(entry: object) -> Question:
    if not isinstance(entry, Mapping):
        raise Refused("A question is no JSON object. Give it a code, a text and a kind.")
    _check_keys(entry, Question, "question")
    if not isinstance(entry.get("code"), str) or "text" not in entry:
        raise Refused("A question has no code or no text. Add what is missing.")
    if not isinstance(entry.get("required", True), bool):
        raise Refused(f"“required” of question “{entry['code']}” is neither true nor false.")
    return Question(**{name: _frozen(value) for name, value in entry.items()})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _check_keys(entry: Mapping[str, object], kind: type, name: str) -> None:
    unknown = sorted(set(entry) - {part.name for part in fields(kind)})
    if unknown:
        raise Refused(f"A {name} has no “{unknown[0]}”. Correct the name, or remove it.")


def _check_text(text: object, name: str) -> None:
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_NAME:
        raise Refused(f"{name} has no text of 1 to {LONGEST_NAME} characters. Write one.")


def _check_one_of(value: object, allowed: tuple[str, ...], name: str) -> None:
    if value not in allowed:
        raise Refused(f"{name} is “{value}”. Choose one of: {', '.join(allowed)}.")


def _check_list(texts: object, name: str, fewest: int, most: int) -> None:
    if not isinstance(texts, tuple) or not fewest <= len(texts) <= most:
        count = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        raise Refused(f"{name} are no list of {count} texts. Correct the list.")
    for text in texts:
        _check_text(text, f"One of {name[0].lower()}{name[1:]}")
    if len(set(texts)) < len(texts):
        raise Refused(f"{name} name one thing twice. Remove it.")


def _check_questions(questions: tuple[Question, ...], arms: object) -> None:
    if arms not in (*((arm,) for arm in ARMS), ("alone", "with AI")):
        raise Refused(
            "The arms are none that a study has. Choose “sequential”, “alone” or “with AI”, or "
            "“alone” and “with AI” together."
        )
    if len(questions) > MOST_QUESTIONS:
        raise Refused(f"There are more than {MOST_QUESTIONS} questions. Remove some.")
    codes = [question.code for question in questions]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice:
        raise Refused(f"Two questions have the code “{twice}”. Rename one.")
    parts = {"first"} if arms == ("alone",) else {"second"} if arms == ("with AI",) else set()
    for question in questions:
        if parts and question.part not in parts:
            raise Refused(
                f"Question “{question.code}” is asked in the {question.part} part of a read, which "
                "there is not in these arms. Change its part."
            )


def _check_numbers(protocol: Protocol) -> None:
    whole = {
        "seed": (protocol.seed, -(2**31), 2**31),
        "reads_per_case": (protocol.reads_per_case, 0, 1000),
        "washout_cases": (protocol.washout_cases, 0, 10_000),
        "washout_days": (protocol.washout_days, 0, LONGEST_WASHOUT),
    }
    for name, (value, lowest, highest) in whole.items():
        if name == "seed" and value is None:
            continue
        if type(value) is not int or not lowest <= value <= highest:
            raise Refused(f"“{name}” is no whole number from {lowest} to {highest}. Correct it.")
    if isinstance(protocol.repeated, bool) or not isinstance(protocol.repeated, int | float):
        raise Refused("“repeated” is no number. Write the fraction of the cases, 0 to 1.")
    if not 0 <= protocol.repeated <= 1:
        raise Refused("“repeated” is not from 0 to 1. Write the fraction of the cases.")
    if not isinstance(protocol.adjudicator_sees_ai, bool):
        raise Refused("“adjudicator_sees_ai” is neither true nor false. Correct it.")
