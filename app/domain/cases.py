"""A case: one image file that a reader looks at, and the lists and sheets made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePosixPath, PureWindowsPath
from typing import Literal, get_args

from app.domain.annotations import Annotation
from app.domain.errors import NotFound
from app.domain.explanations import OfferedHeatmap, SavedExplanation
from app.domain.instant_maps import InstantMap
from app.domain.jobs import Job
from app.domain.noun import IMAGE, ROW, Noun
from app.domain.sending.sending import SendState
from app.domain.tables.table_row import FORMAT as ROW_FORMAT
from app.domain.worklist.disagreement import Disagreement
from app.domain.worklist.doubt import DoubtReason
from dprotonet.bundle.reader.map_figures import MapFigures
from dprotonet.images.file_names import printable
from dprotonet.inference.prediction import Prediction, PrototypeMatch
from dprotonet.inference.support import Verdict as SupportVerdict

Source = Literal["upload", "demo", "folder", "received", "archive"]
SOURCES: tuple[Source, ...] = get_args(Source)
PixelHash = Literal["decoded", "encoded"]
Status = Literal[
    "new",
    "in progress",
    "read",
    "revealed",
    "needs second read",
    "done",
    "refused",
    "waiting",
    "failed",
]
"""new: predicted, and nobody has begun; in progress: somebody works on it, and nobody has signed;
done: signed; refused: refused by the model, and nobody has begun; waiting: its prediction is still
to come; failed: none is coming. Of a study with several readers alone: read: the reader's own read
is locked; revealed: the reader has seen what the model says; needs second read: another reader is
still to read it."""
STATUSES: tuple[Status, ...] = get_args(Status)
OF_STUDIES: frozenset[Status] = frozenset({"read", "revealed", "needs second read"})
"""What no case has outside of a study."""
Order = Literal["newest", "oldest", "name", "probability", "doubt"]
ORDERS: tuple[Order, ...] = get_args(Order)


@dataclass(frozen=True)
class CaseFacts:
    """What is known of a file without its pixels; no name of a person is among it."""

    format: str
    """dicom, png, jpeg, tiff, bmp or webp; row, of a table."""
    rows: int
    columns: int
    frames: int = 1
    colour: bool = False
    bits: int = 8
    modality: str = ""
    view_position: str = ""
    laterality: str = ""
    body_part: str = ""
    transfer_syntax: str = ""
    photometric: str = ""
    study_uid: str = ""
    series_uid: str = ""
    burned_in_annotation: bool | None = None

    @property
    def is_row(self) -> bool:
        """Is it a row of a table, and no image?"""
        return self.format == ROW_FORMAT

    @property
    def noun(self) -> Noun:
        """What a sentence calls it."""
        return ROW if self.is_row else IMAGE


@dataclass(frozen=True)
class Case:
    """One image file. The same bytes twice are one case; the same pixels under another header
    are another case, because what is shown of them, to the reader and to a network, is another."""

    case_id: str
    file_name: str
    """The last part of the name the file came with; folders are never kept."""
    file_sha256: str
    """Also the key of the stored original in the blob folder."""
    pixel_sha256: str
    """Equal in two cases: the same pixels, with another header."""
    file_bytes: int
    facts: CaseFacts
    source: Source
    model: str | None
    """Digest of the bundle this case is read with; None when none was there on intake."""
    created_at: datetime
    pixel_hash: PixelHash = "decoded"
    """What ``pixel_sha256`` is computed from: decoded values, or, where a file has several frames,
    the pixels as they are encoded in the file (:func:`dprotonet.images.reader.look`). Cases of
    versions that decoded every frame always have the first."""

    site: str = ""
    """Digest of the site's settings that this case is read under; empty for the model's own
    calibration and threshold."""

    @property
    def study_key(self) -> str:
        """What files of one DICOM study share; a file without a study stands alone."""
        return self.facts.study_uid or self.case_id

    def check_frame(self, frame: int) -> None:
        """Raise NotFound unless the file has this frame, counted from 0."""
        if not 0 <= frame < self.facts.frames:
            raise NotFound(
                f"This file has {self.facts.frames} frame(s); there is no frame {frame + 1}."
            )


@dataclass(frozen=True)
class CaseFilters:
    """What the list of cases is narrowed to; an empty field narrows nothing."""

    text: str = ""
    """Part of the file name or of the case id."""
    status: Status | None = None
    label: str | None = None
    """Predicted class."""
    verdict: str | None = None
    model: str | None = None
    """Digest."""
    source: Source | None = None
    patient: str = ""
    """Pseudonym, whole."""
    modality: str | None = None
    view: str | None = None
    since: datetime | None = None
    """Added then or later."""
    until: datetime | None = None
    """Added before."""
    batch: str | None = None
    """Id of the batch that read it."""
    reader: str | None = None
    """Who signed it last."""
    disagreement: Disagreement | None = None
    sending: SendState | None = None
    """Of a revision of it for an archive."""
    order: Order = "newest"
    """Files of one study stay together in newest and oldest."""


@dataclass(frozen=True)
class CaseRow:
    """One line of the list."""

    case_id: str
    file_name: str
    study_key: str
    study_files: int
    """How many cases share the study; 1 for a file that stands alone."""
    view_position: str
    frames: int
    source: Source
    status: Status
    model: str | None
    label: str | None
    """None where there is no prediction, or the model refused the image."""
    probability: float | None
    """Calibrated probability of the label."""
    support: SupportVerdict | None
    """Whether the model was made for such an image; None: it has no gate, or did not read it."""
    verdict: str | None
    reader: str | None
    created_at: datetime
    site: str = ""
    """Digest of the site's settings that it was read under; empty for the model's own."""
    modality: str = ""
    patient: str = ""
    """Pseudonym; empty where no patients' images are held."""
    doubt: float | None = None
    """In [0, 1], as :mod:`app.domain.worklist.doubt` says; None where nothing is known."""
    doubt_reason: DoubtReason | None = None
    disagreement: Disagreement | None = None
    held_by: str | None = None
    """Who works on it now."""
    is_own: bool = False
    """Is that whoever looks at the list?"""
    has_draft: bool = False
    """Whoever looks at the list has entered something and not signed it."""
    sending: SendState | None = None
    """How far its newest revision got on its way to archives; None where it is not on its way."""
    is_hidden: bool = False
    """The reader's own read comes first, so that nothing of the model's answer stands here."""

    def hidden(self) -> CaseRow:
        """The same without anything of the model's answer or of others' reads."""
        return replace(
            self,
            label=None,
            probability=None,
            support=None,
            verdict=None,
            reader=None,
            doubt=None,
            doubt_reason=None,
            disagreement=None,
            sending=None,
            is_hidden=True,
        )


@dataclass(frozen=True)
class Twin:
    """Another case with the same pixels under another header."""

    case_id: str
    file_name: str


@dataclass(frozen=True)
class CasePage:
    """One page of the list; ``total`` counts all pages."""

    rows: tuple[CaseRow, ...]
    total: int
    page: int
    size: int
    counts: Mapping[Status, int] = field(default_factory=dict)
    """How many cases of each status the other filters leave; statuses without any are left out."""

    @property
    def pages(self) -> int:
        """Number of pages, at least one."""
        return max(1, -(-self.total // self.size))


Outcome = Literal["added", "duplicate", "skipped", "error", "held"]


@dataclass(frozen=True)
class Intake:
    """What became of one uploaded file."""

    outcome: Outcome
    """skipped: not an image (a text, a report); held: a patient's image that may show text.
    ``add`` raises instead of the last three."""
    name: str
    case_id: str | None = None
    message: str = ""


@dataclass(frozen=True)
class GallerySource:
    """One training image a prototype was made of."""

    number: int
    """Position in the prototype's gallery, the {n} of the gallery route."""
    sample_id: str
    image_sha256: str
    weight: float
    similarity: float
    has_picture: bool
    has_heatmap: bool
    has_own_map: bool = False
    """Is it kept where the network looks for the prototype in it?"""
    place: str = ""
    """Names where that is: the same text, the same place. Empty where it is not kept."""


@dataclass(frozen=True)
class SheetMatch:
    """One prototype's part in the prediction, with the images it comes from."""

    match: PrototypeMatch
    sources: tuple[GallerySource, ...]


@dataclass(frozen=True)
class Sheet:
    """All that the review page shows of one frame of one case."""

    case: Case
    frame: int
    model: str | None
    """Digest of the bundle in use for this case."""
    model_name: str
    classes: tuple[str, ...]
    """The bundle's classes; empty when the bundle is not there."""
    prediction: Prediction | None
    matches: tuple[SheetMatch, ...]
    """All prototypes in use: those of :attr:`offered_class` lead, and of each class what speaks
    most, for or against, comes first. Most similar first where the model refused the image."""
    maps: tuple[OfferedHeatmap, ...]
    """The heatmaps to look at, for this frame and this bundle: the best of each node; the node
    asked for last comes first."""
    annotation: Annotation | None
    revisions: tuple[Annotation, ...]
    """Oldest first."""
    jobs: tuple[Job, ...]
    """Waiting or running for this frame."""
    study: tuple[CaseRow, ...]
    """The other files of the same DICOM study."""
    twins: tuple[Twin, ...] = ()
    """The cases with the same pixels under another header, the first one first."""
    problem: str = ""
    """Why there is no prediction and none is coming; empty while all is well."""
    notes: tuple[str, ...] = field(default=())
    off: tuple[str, ...] = ()
    """Ids of the prototypes that are switched off in the bundle: they are no reasons."""
    negative_class: str | None = None
    """The bundle's class that means "nothing found"."""
    instant: tuple[InstantMap, ...] = ()
    """The maps of the model's mask reader, drawn in the pass that predicted: the offered class
    first, then the others, then the prototypes in the order of :attr:`matches`. Empty without a
    mask reader, and where the model refused the image."""
    map_figures: Mapping[str, MapFigures] = field(default_factory=dict)
    """How often maps of the bundle held evidence that is known, by what drew them."""
    site_in_use: str = ""
    """Digest of the site's settings that new images are read under with this bundle."""
    is_hidden: bool = False
    """The reader's own read comes first, so that nothing of the model's answer stands here."""

    def hidden(self) -> Sheet:
        """The same without anything of the model's answer or of others' reads."""
        return replace(
            self,
            prediction=None,
            matches=(),
            maps=(),
            instant=(),
            annotation=None,
            revisions=(),
            jobs=(),
            is_hidden=True,
        )

    @property
    def explanations(self) -> tuple[SavedExplanation, ...]:
        """The best heatmap of each node."""
        return tuple(offer.saved for offer in self.maps if offer.leads)

    @property
    def noun(self) -> Noun:
        """What a sentence calls the case."""
        return self.case.facts.noun

    @property
    def is_refused(self) -> bool:
        """The model was not made for such an image, so there is neither label nor probability."""
        return self.prediction is not None and not self.prediction.supported

    def call_threshold(self, node: str) -> float | None:
        """The probability from which a class is called; None of a prototype, and of a class whose
        own probability does not decide that."""
        prediction, (kind, _, name) = self.prediction, node.partition(":")
        if prediction is None or kind != "class":
            return None
        if prediction.thresholds is not None:
            return prediction.thresholds.get(name)
        is_only_finding = len(self.classes) == 2 and self.negative_class not in (None, name)
        return prediction.threshold if is_only_finding else None

    @property
    def offered_class(self) -> str | None:
        """The class whose heatmaps and prototypes are offered first, once there is a prediction;
        none of an image that the model refused."""
        if self.prediction is None:
            return None
        return self.prediction.class_to_look_at(self.negative_class)


def shown_name(name: str) -> str:
    """The last part of a path of either kind of system, printable, 200 characters at most."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    cleaned = printable(last).strip()
    return cleaned[:200] if cleaned.strip(".") else "unnamed"


def shown_path(path: str) -> str:
    """A path inside a folder, an archive or an upload: printable, parts divided by ``/``."""
    parts = (printable(part).strip() for part in path.replace("\\", "/").split("/"))
    return "/".join(part for part in parts if part.strip(".")) or "unnamed"
