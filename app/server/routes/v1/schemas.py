"""What the routes for programs take and give, as JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from app.domain.annotations import ARTEFACTS, REASONS, USEFULNESS, VERDICTS
from app.domain.cases import ORDERS, STATUSES
from app.domain.explanations import Tier
from app.domain.jobs import JobKind, JobState
from app.server.routes.v1.endpoints import Schema
from dprotonet.inference.support import Verdict as SupportVerdict
from dprotonet.modeling.reasons.options import ReasonKind

TEXT: Schema = {"type": "string"}
YES: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
FRACTION: Schema = {"type": "number", "minimum": 0, "maximum": 1}
TIME: Schema = {"type": "string", "format": "date-time"}
SHA: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
CONFIDENCE: Schema = {"type": "integer", "minimum": 1, "maximum": 5}
TIERS: tuple[Tier, ...] = get_args(Tier)
PAGE: Mapping[str, Schema] = {
    "page": {**WHOLE, "default": 0, "description": "Counted from 0."},
    "size": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
}
ORDER: Schema = {"enum": list(ORDERS), "default": "newest"}
STATUS: Schema = {"enum": list(STATUSES)}


def ref(name: str) -> Schema:
    """Another schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def _optional(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _said(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def _thing(about: str, /, **properties: Schema) -> Schema:
    """An object that has all of these."""
    return {
        "type": "object",
        "description": about,
        "properties": dict(properties),
        "required": list(properties),
    }


def _page(name: str) -> Schema:
    return _thing(
        "One page; total counts all pages.",
        items=_list(ref(name)),
        total=WHOLE,
        page=WHOLE,
        size=WHOLE,
    )


_JUDGEMENTS: Schema = {
    "type": "object",
    "description": "Of prototypes, by their ids.",
    "additionalProperties": {
        "type": "object",
        "properties": {
            "similar": _optional(YES),
            "usefulness": _optional({"enum": list(USEFULNESS)}),
            "artefact": _optional({"enum": list(ARTEFACTS)}),
        },
    },
}

SCHEMAS: Mapping[str, Schema] = {
    "Error": _thing("A refusal: the fact, then what can be done.", error=TEXT),
    "Model": _thing(
        "A model bundle.",
        sha256=SHA,
        name=TEXT,
        title=TEXT,
        classes=_list(TEXT),
        negative_class=_optional(TEXT),
        prototypes=_list(TEXT),
        is_active=YES,
        problem=_said(TEXT, "Why it cannot be used; empty where it can."),
    ),
    "Models": _thing("All models.", items=_list(ref("Model"))),
    "Case": _thing(
        "One image file, or one row of a table, whose pixels are the picture that its model reads.",
        id=TEXT,
        name=_said(TEXT, "Of patients' images a pseudonym."),
        sha256=SHA,
        pixel_sha256=SHA,
        format=TEXT,
        rows=WHOLE,
        columns=WHOLE,
        frames={"type": "integer", "minimum": 1},
        modality=TEXT,
        view_position=TEXT,
        model=_optional(SHA),
        added_at=TIME,
    ),
    "CaseRow": _thing(
        "One line of the list. Of a case that this person is to read first it has nothing of the "
        "model's answer.",
        id=TEXT,
        name=TEXT,
        status=STATUS,
        label=_optional(TEXT),
        probability=_optional(FRACTION),
        verdict=_optional({"enum": list(VERDICTS)}),
        reader=_optional(TEXT),
        is_hidden=YES,
        added_at=TIME,
    ),
    "CasePage": _page("CaseRow"),
    "Added": _thing(
        "What became of a file: added, or a duplicate of a case that was there. Of a table each "
        "row is a case, and the table none.",
        outcome={"enum": ["added", "duplicate", "table"]},
        case=_optional(TEXT),
        rows=_said(_list(ref("AddedRow")), "Of a table, in its order; otherwise empty."),
    ),
    "AddedRow": _thing(
        "What became of one row of a table.",
        name=_said(TEXT, "The table's name and the row's line; of patients a pseudonym."),
        outcome={"enum": ["added", "duplicate", "error"]},
        case=_optional(TEXT),
        message=_said(TEXT, "Why it cannot be read, or which case has it already; else empty."),
    ),
    "Prediction": _thing(
        "What the model says of one frame. Without a label the model was not made for such an "
        "image, and there is no figure.",
        state={"enum": ["done", "waiting", "failed"]},
        message=_said(TEXT, "Why there is none and none is coming; empty while all is well."),
        label=_optional(TEXT),
        probabilities={"type": "object", "additionalProperties": FRACTION},
        threshold=_optional(FRACTION),
        support=_optional({"enum": list(get_args(SupportVerdict))}),
        reasons=_said(_list(TEXT), "Why the image is at the edge of what the model knows, or not."),
        model=_optional(SHA),
        prototypes=_list(ref("Match")),
        notice=_said(TEXT, "To be shown with every figure."),
    ),
    "Match": _thing(
        "One prototype of the prediction.",
        id=TEXT,
        kind=_said(
            {"enum": list(get_args(ReasonKind))},
            "Of a model with concepts a concept, or what is none of them.",
        ),
        of=_said(TEXT, "The class that it was learned for, or speaks most for."),
        similarity=NUMBER,
        evidence=_said(NUMBER, "What it adds to the label's logit over the runner-up's."),
    ),
    "ExplanationWanted": {
        "type": "object",
        "properties": {
            "node": _said(
                {**TEXT, "default": "class"},
                "class (the predicted one), class:NAME, prototype:ID, vector:ID or concept:NAME.",
            ),
            "tier": {"enum": list(TIERS), "default": "standard"},
        },
    },
    "ExplanationAsked": _thing(
        "The heatmap, or the job that makes it.",
        job=_optional(ref("Job")),
        explanation=_optional(ref("Explanation")),
    ),
    "Explanation": _thing(
        "A heatmap that was computed.",
        id=TEXT,
        node=TEXT,
        tier=TEXT,
        value_before=NUMBER,
        affects_output=_said(
            _optional(YES),
            "Whether hiding what it marks changes the output more than hiding as much elsewhere; "
            "null where that was not measured.",
        ),
        share_outside_body=_optional(FRACTION),
        made_at=TIME,
        heatmap=_said(TEXT, "Path of its picture: PNG, 8 bit, 255 is 1."),
    ),
    "Explanations": _thing("Of one frame.", items=_list(ref("Explanation"))),
    "Job": _thing(
        "A piece of the worker's work.",
        id=TEXT,
        kind={"enum": list(get_args(JobKind))},
        state={"enum": list(get_args(JobState))},
        progress=FRACTION,
        message=TEXT,
        explanation=_optional(TEXT),
    ),
    "Annotation": _thing(
        "One signed revision.",
        case=TEXT,
        frame=WHOLE,
        revision={"type": "integer", "minimum": 1},
        reader=TEXT,
        verdict={"enum": list(VERDICTS)},
        corrected_label=_optional(TEXT),
        confidence=CONFIDENCE,
        reason=_optional({"enum": list(REASONS)}),
        text=TEXT,
        prototype_judgements=_JUDGEMENTS,
        predicted_label=_optional(TEXT),
        predicted_probability=_optional(FRACTION),
        model=TEXT,
        signed_at=TIME,
    ),
    "Annotations": _thing("Of one frame.", items=_list(ref("Annotation"))),
    "AnnotationPage": _page("Annotation"),
    "Verdict": {
        "type": "object",
        "description": "Signed in the name of the token's person.",
        "properties": {
            "verdict": {"enum": list(VERDICTS)},
            "confidence": CONFIDENCE,
            "corrected_label": _optional(TEXT),
            "reason": _optional({"enum": list(REASONS)}),
            "text": {**TEXT, "default": ""},
            "prototype_judgements": _JUDGEMENTS,
            "expected_revision": _said(WHOLE, "The newest revision that was seen; 0 for none."),
        },
        "required": ["verdict", "confidence", "expected_revision"],
    },
}
"""By name; each is used by an endpoint, or by another one of them."""
