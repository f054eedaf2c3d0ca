"""What the reader says of an image: append-only revisions, and the rules a revision obeys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from app.domain.actors import Actor
from app.domain.errors import Forbidden, Refused
from app.domain.marks import Mark
from dprotonet.inference.support import Verdict as SupportVerdict

OnPrediction = Literal["accept", "reject", "supplement"]
OnRefusal = Literal["rightly refused", "wrongly refused"]
Verdict = OnPrediction | OnRefusal
ON_PREDICTION: tuple[OnPrediction, ...] = get_args(OnPrediction)
"""What may be said of a prediction, or before there is one."""
ON_REFUSAL: tuple[OnRefusal, ...] = get_args(OnRefusal)
"""What may be said of an image that the model refused."""
VERDICTS: tuple[Verdict, ...] = (*ON_PREDICTION, *ON_REFUSAL)
Usefulness = Literal["useful", "not useful", "artefact", "unsure"]
USEFULNESS: tuple[Usefulness, ...] = get_args(Usefulness)
Artefact = Literal["device", "text", "border", "laterality", "other"]
ARTEFACTS: tuple[Artefact, ...] = get_args(Artefact)
Reason = Literal["right", "partly", "wrong", "unsure"]
"""Is what the model relied on a good reason, whether or not its label is right?"""
REASONS: tuple[Reason, ...] = get_args(Reason)
Region = Literal["agree", "elsewhere", "outside the body"]
"""Where a heatmap marks: where the reader sees the finding, elsewhere, or outside the body."""
REGIONS: tuple[Region, ...] = get_args(Region)
AnnotationOrder = Literal["newest", "oldest", "name", "finding", "unsure"]
ANNOTATION_ORDERS: tuple[AnnotationOrder, ...] = get_args(AnnotationOrder)
"""finding: the most probable finding at first; unsure: the least confident reader first."""
LONGEST_TEXT = 10_000  # characters
OTHERS = "Another reader has signed this case. An adjudicator or a lead may sign after them."


@dataclass(frozen=True)
class PrototypeJudgement:
    """What the reader thinks of one prototype on this image."""

    similar: bool | None = None
    """Does the marked region look like the prototype's source images? None: not said."""
    usefulness: Usefulness | None = None
    artefact: Artefact | None = None
    """Which one, when usefulness is artefact."""

    def __post_init__(self) -> None:
        if self.usefulness is not None and self.usefulness not in USEFULNESS:
            raise Refused(f"“{self.usefulness}” is no judgement. Choose: {', '.join(USEFULNESS)}.")
        if self.artefact is not None and self.artefact not in ARTEFACTS:
            raise Refused(f"“{self.artefact}” is no artefact. Choose: {', '.join(ARTEFACTS)}.")
        if self.artefact is not None and self.usefulness != "artefact":
            raise Refused("An artefact is named, but the prototype is not judged to be one.")

    @property
    def is_empty(self) -> bool:
        """Nothing was said."""
        return self.similar is None and self.usefulness is None

    @property
    def lacks_kind(self) -> bool:
        """It is an artefact, and which one was not said."""
        return self.usefulness == "artefact" and self.artefact is None


@dataclass(frozen=True)
class MoreSaid:
    """What a reader may say beside the verdict; the fields are those of :class:`Annotation`."""

    reason: Reason | None = None
    region: Region | None = None
    judged_map: str = ""
    marks: tuple[Mark, ...] = ()
    tried: tuple[Mapping[str, Any], ...] = ()
    active_seconds: float | None = None


@dataclass(frozen=True)
class Annotation:
    """One signed revision; revisions are never changed."""

    case_id: str
    frame: int
    revision: int
    """1 for the first."""
    reader: str
    verdict: Verdict
    corrected_label: str | None
    confidence: int
    """1 (guess) to 5 (certain)."""
    text: str
    model: str
    """Digest of the bundle whose prediction was judged; empty when there was none."""
    model_name: str
    predicted_label: str | None
    predicted_probability: float | None
    created_at: datetime
    prototype_judgements: Mapping[str, PrototypeJudgement] = field(default_factory=dict)
    support: SupportVerdict | None = None
    """Whether the model was made for such an image; None: it has no gate, or there was no
    prediction."""
    audit_sequence: int | None = None
    """Number of the audit entry that records the signature; None before there was an audit."""
    audit_hash: str | None = None
    """Hash of that entry."""
    audit_salt: str | None = None
    """What keeps the entry's hash of the contents from being guessed once this row is gone."""
    reason: Reason | None = None
    """Is the reason right? None: not said."""
    region: Region | None = None
    """Does a heatmap mark where the reader sees it? None: not said."""
    judged_map: str = ""
    """The heatmap that :attr:`region` speaks of, by its id in the sheet; empty where none."""
    marks: tuple[Mark, ...] = ()
    """What the reader drew on the image."""
    tried: tuple[Mapping[str, Any], ...] = ()
    """What the reader switched off, hid or kept before signing, with what the model said then."""
    active_seconds: float | None = None
    """How long the reader worked on the image, without idle time; None: not measured."""

    @property
    def agrees(self) -> bool | None:
        """Does the reader agree with the prediction? None where none was made: an image that the
        model refused counts for neither side."""
        if self.predicted_label is None:
            return None
        return self.verdict != "reject"


@dataclass(frozen=True)
class AnnotationFilters:
    """What the table of annotations is narrowed to; an empty field narrows nothing."""

    text: str = ""
    """Part of the file name or of the reader's text."""
    verdict: Verdict | None = None
    reader: str | None = None
    label: str | None = None
    """Predicted class or corrected class."""
    model: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    all_revisions: bool = False
    """False: only the latest revision of each frame."""
    agrees: bool | None = None
    """With the prediction. An image that the model refused counts for neither."""
    order: AnnotationOrder = "newest"


@dataclass(frozen=True)
class AnnotationRow:
    """One line of the table: an annotation beside the file it speaks of."""

    annotation: Annotation
    file_name: str
    file_sha256: str
    pixel_sha256: str
    pixel_hash: str
    """What it is computed from: see :class:`app.domain.cases.Case`."""
    is_latest: bool


@dataclass(frozen=True)
class AnnotationPage:
    """One page of the table; ``total`` counts all pages."""

    rows: tuple[AnnotationRow, ...]
    total: int
    page: int
    size: int


def check_judgements(judgements: Mapping[str, PrototypeJudgement]) -> None:
    """Refuse judgements of prototypes that leave out what belongs to them.

    Not a rule of :class:`PrototypeJudgement`: a judgement that is being made is not complete yet,
    and older ones were signed without it.

    Args:
        judgements: prototype id to judgement.

    Raises:
        Refused: with the sentence for the reader.
    """
    for name, judgement in judgements.items():
        if judgement.lacks_kind:
            raise Refused(
                f"Prototype {name} is judged to be an artefact, but not which one. "
                f"Choose {', '.join(ARTEFACTS[:-1])} or {ARTEFACTS[-1]}."
            )


def check_revision(
    *,
    verdict: str,
    corrected_label: str | None,
    confidence: int,
    text: str,
    predicted_label: str | None,
    is_refused: bool = False,
    reason: str | None = None,
    region: str | None = None,
    judged_map: str = "",
) -> None:
    """Refuse a revision that contradicts itself.

    Args:
        verdict: what the reader says of the prediction, or of the refusal.
        corrected_label: what the reader says it is.
        confidence: 1 to 5.
        text: the remarks.
        predicted_label: None without a prediction.
        is_refused: the model refused the image.
        reason: what the reader says of the model's reason; None for nothing.
        region: what the reader says of a heatmap; None for nothing.
        judged_map: which heatmap that is.

    Raises:
        Refused: with the sentence for the reader.
    """
    if reason is not None and reason not in REASONS:
        raise Refused(f"“{reason}” is no answer to whether the reason is right. Choose again.")
    if region is not None and (region not in REGIONS or not judged_map):
        raise Refused("What is said of a heatmap names no heatmap. Show the heatmap, then choose.")
    if verdict not in VERDICTS:
        raise Refused(f"“{verdict}” is no verdict. Choose: {', '.join(VERDICTS)}.")
    if isinstance(confidence, bool) or confidence not in (1, 2, 3, 4, 5):
        raise Refused("The confidence is not between 1 and 5. Choose one of the five.")
    if len(text) > LONGEST_TEXT:
        raise Refused(f"The text is {len(text)} characters long; {LONGEST_TEXT} fit. Shorten it.")
    if is_refused and verdict not in ON_REFUSAL:
        raise Refused(
            "The model refused this case, so there is no prediction to judge. "
            f"Choose {' or '.join(f'“{name}”' for name in ON_REFUSAL)}."
        )
    if not is_refused and verdict in ON_REFUSAL:
        raise Refused(
            "The model did not refuse this case. "
            f"Choose a verdict on the prediction: {', '.join(ON_PREDICTION)}."
        )
    if verdict == "accept" and corrected_label not in (None, "", predicted_label):
        raise Refused(
            "The verdict accepts the prediction, but another label is given. "
            "Choose “reject”, or take the label away."
        )
    if verdict == "accept" and predicted_label is None:
        raise Refused("There is no prediction yet that could be accepted. Wait for it to be ready.")
    if verdict == "reject" and not corrected_label and not text.strip():
        raise Refused(
            "The verdict rejects the prediction without saying what is right. "
            "Give the corrected label, or write why in the text."
        )
    if verdict == "reject" and corrected_label and corrected_label == predicted_label:
        raise Refused(
            "The corrected label is the predicted one. Choose another label, or “accept”."
        )
    if verdict == "supplement" and not corrected_label and not text.strip():
        raise Refused("The supplement is empty. Give a label or write what is to be added.")


def may_replace(last: Annotation | None, actor: Actor) -> bool:
    """May this person sign after the revision that is the newest now?"""
    return last is None or last.reader == actor.name or actor.may("sign over others")


def check_replaced(last: Annotation, actor: Actor) -> None:
    """Raise Forbidden if the newest revision is another reader's, and stays the newest."""
    if not may_replace(last, actor):
        raise Forbidden(OTHERS)
