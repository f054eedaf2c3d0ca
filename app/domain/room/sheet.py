"""Everything that the reading room shows of one frame, in words and addresses.

The browser draws it and decides nothing: rules, sentences and the order of things are made here, so
that they can be tested without a browser. Every type turns into JSON by ``dataclasses.asdict``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Tone = Literal["finding", "negative", "refused", "waiting", "failed"]
Stage = Literal["free", "blind", "revealed", "signed"]
"""free: nothing is hidden; blind: the reader's own read comes first; revealed: it is locked;
signed: of a study, both reads are done."""
Palette = Literal["finding", "normal"]


@dataclass(frozen=True)
class ClassBar:
    """One class with its calibrated probability."""

    name: str
    value: float
    """In [0, 1]."""
    text: str
    is_called: bool
    mark: float | None
    """Of the threshold, in [0, 1]; None where this bar has none."""


@dataclass(frozen=True)
class Headline:
    """What is known of the image, one sentence first."""

    tone: Tone
    sentence: str
    context: str
    """Whether the model was made for such an image."""
    cautions: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    bars: tuple[ClassBar, ...] = ()


@dataclass(frozen=True)
class Action:
    """Something that the reader may ask the server for."""

    id: str
    """Of the route that does it: explain, retry, model, follow-site."""
    title: str
    hint: str = ""
    node: str = ""
    tier: str = ""


@dataclass(frozen=True)
class RowValue:
    """One attribute of a row of a table, in words."""

    name: str
    text: str
    unit: str = ""
    note: str = ""
    """That it is missing, or lies beyond the training rows, and what it is read as."""
    choices: tuple[str, ...] = ()
    """Of a category, all that there are."""
    can_hide: bool = True
    """False where it is missing already."""


@dataclass(frozen=True)
class SourceValue:
    """One attribute of a training row beside that of the row that is read."""

    name: str
    text: str
    sign: str
    """How it differs: ▲ higher, ▼ lower, ≠ another word, ? missing in one; empty: it does not."""
    hint: str
    """The same in words."""


@dataclass(frozen=True)
class Share:
    """How much of a heatmap lies on one attribute."""

    name: str
    value: float
    """In [0, 1]."""
    text: str


@dataclass(frozen=True)
class SourceImage:
    """One training image, or training row, of a prototype."""

    title: str
    pixels: str
    """Address of its picture; empty where there is none."""
    heatmap: str
    """Address of where the network looks for the prototype in it; empty where that is not kept."""
    values: tuple[SourceValue, ...] = ()
    """Of a row: its attributes, in the order of the model."""


@dataclass(frozen=True)
class EvidenceCard:
    """One reason: a prototype, or several that rest on the same training images."""

    id: str
    prototypes: tuple[str, ...]
    class_name: str
    title: str
    effect: str
    """+1.9 towards pneumonia, as in these 6 images."""
    value: float
    """What it does to the difference between the called class and the next, in logits."""
    similarity: str
    """As a percentile among training images with and without the class."""
    details: tuple[str, ...]
    sources: tuple[SourceImage, ...]
    heatmap: str
    """Address of where the network looks for it in this image; empty where that is not kept."""
    palette: Palette = "finding"
    edit: str = ""
    """Address of where its first prototype is switched off for good; empty where it cannot be."""
    asks: tuple[str, ...] = ()
    """Which questions of the form's judgement are asked of its prototypes."""


@dataclass(frozen=True)
class Step:
    """One bar of the waterfall from nothing to the difference of the two logits."""

    name: str
    value: float
    start: float
    text: str
    card: str
    """Id of its card; empty where several stand together."""


@dataclass(frozen=True)
class Waterfall:
    """What the cards add up to."""

    title: str
    steps: tuple[Step, ...]
    total: float
    total_text: str
    sentence: str


@dataclass(frozen=True)
class MapOffer:
    """One heatmap that may be laid over the image, and the one line that binds to it."""

    id: str
    node: str
    title: str
    url: str
    palette: Palette
    claim: str
    warning: str = ""
    actions: tuple[Action, ...] = ()
    details: tuple[str, ...] = ()
    shares: tuple[Share, ...] = ()
    """Of a row: the attributes that it marks, the most first, and the others together."""
    shares_text: str = ""
    """The first of them in a sentence."""


@dataclass(frozen=True)
class Work:
    """What the worker does for this frame."""

    job_id: str
    text: str
    progress: float
    can_cancel: bool


@dataclass(frozen=True)
class Choice:
    """One answer."""

    value: str
    title: str
    hint: str = ""
    key: str = ""
    """Id of the key that chooses it."""


@dataclass(frozen=True)
class Question:
    """One part of the form."""

    id: str
    title: str
    kind: Literal["choice", "label", "text"]
    choices: tuple[Choice, ...] = ()
    hint: str = ""
    only_with: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(question, answers): the question is asked only where each has one of its answers."""


@dataclass(frozen=True)
class Form:
    """What the reader answers, at the foot of the room."""

    questions: tuple[Question, ...]
    judgement: tuple[Question, ...]
    """Asked of every card."""
    answers: dict[str, Any]
    """Question to answer; the draft's, else those of the last revision."""
    judgements: dict[str, dict[str, Any]]
    """Prototype to its answers."""
    marks: tuple[dict[str, Any], ...]
    revision: int
    """The newest revision that the answers began from; it goes back with them."""
    button: str
    note: str
    """What was saved, or why this reader cannot sign; empty where nothing needs to be said."""
    may_sign: bool
    draft_saved_at: str
    """Local time; empty without a draft."""
    newer: str = ""
    """That another revision came in while the draft was written."""
    active_seconds: float = 0.0
    """How long the reader has worked on it already, as the draft says."""


@dataclass(frozen=True)
class RevisionNote:
    """One signed revision, in words."""

    title: str
    by: str
    lines: tuple[str, ...]
    marks: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Link:
    """Another case."""

    case_id: str
    title: str
    pixels: str = ""
    frames: int = 1


@dataclass(frozen=True)
class ModelChoice:
    """A model that may read this case."""

    digest: str
    title: str


@dataclass(frozen=True)
class SendingNote:
    """How far one revision got on its way to one archive."""

    id: str
    text: str
    actions: tuple[Action, ...] = ()
    """What this reader can do about it: retry, cancel."""


@dataclass(frozen=True)
class Facts:
    """What the file is, and what hangs on it."""

    title: str
    line: str
    details: tuple[str, ...]
    model: str
    """Digest; empty without one."""
    models: tuple[ModelChoice, ...]
    site: str
    """Under whose calibration and threshold it is read; empty where nothing needs to be said."""
    actions: tuple[Action, ...]
    study: tuple[Link, ...]
    twins: tuple[Link, ...]
    priors: tuple[Link, ...]
    """Other studies of the same patient."""
    who: str
    """The model and the reader, for the foot of the room."""
    may_delete: bool
    report: str = ""
    """Address of the report; empty where this reader may not export."""
    dicom: str = ""
    """Address of the DICOM objects; empty also where nobody signed, or the file is no DICOM file.
    """
    batch: str = ""
    """Which batch it came in."""
    sending: tuple[SendingNote, ...] = ()
    """On their way to archives, the newest revision first."""
    send: str = ""
    """The words that send the newest revision; empty where there is none, or nobody may, or it is
    on its way."""


@dataclass(frozen=True)
class RoomSheet:
    """The whole room. Of a blind read it holds nothing that a model said."""

    case_id: str
    frame: int
    frames: int
    stage: Stage
    study: str
    facts: Facts
    pixels: str
    """Address of a frame, with {frame} in its place."""
    form: Form
    headline: Headline | None = None
    waterfall: Waterfall | None = None
    cards: tuple[EvidenceCard, ...] = ()
    evidence_note: str = ""
    maps: tuple[MapOffer, ...] = ()
    map_actions: tuple[Action, ...] = ()
    """Heatmaps that can be asked for."""
    work: tuple[Work, ...] = ()
    revisions: tuple[RevisionNote, ...] = ()
    hides_network: bool = False
    """What the network computed of a refused image is shown on request only."""
    anyway: str = ""
    """The words of that request; empty where there is nothing to ask for."""
    kind: Literal["image", "row"] = "image"
    """What is read. Of a row there is no window, no measuring and nothing to draw."""
    values: tuple[RowValue, ...] = ()
    """Of a row: its attributes, in the order of the model."""
