"""One frame's prediction and explanation: the saved one, or a new one that is saved.

Nothing here imports torch: the model work itself is done by :class:`Predictors`.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from app.domain.bundles import BundleInfo
from app.domain.cases import Case
from app.domain.errors import NotFound
from app.domain.explanations import SavedExplanation, Tier
from app.domain.instant_maps import DrawnMaps
from app.domain.interventions.changes import Change
from app.domain.permissions import needs, within
from app.services import jobs, models, originals
from app.services.checks import site_choice
from app.services.pictures import of_case
from app.services.tables.reading import check_fits
from app.services.worklist import thumbnails
from app.services.workplace import Workplace
from app.store.files.blobs import Staged
from app.store.sql_store import Transaction
from dprotonet.errors import Cancelled
from dprotonet.explain.explanation import Agreement, Explanation
from dprotonet.explain.reader.kept_maps import KeptMaps
from dprotonet.explain.settings import TIERS
from dprotonet.inference.intervention import InterventionResult
from dprotonet.inference.prediction import Prediction

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage
    from dprotonet.inference.site_settings import SiteSettings

BEAT_SECONDS = 0.3  # between two writes of a job's progress
LOOK_SECONDS = 0.15  # between two looks whether it was cancelled


@dataclass(frozen=True, eq=False)
class NewMaps:
    """The maps of a prediction on their way to the store."""

    maps: KeptMaps
    outside: Callable[[], tuple[float, ...]]
    """Works out of each map what fraction of it, in [0, 1], lies beside the body; () where no body
    can be separated. It takes some milliseconds, and no network."""

    def staged(self, workplace: Workplace) -> tuple[Staged, tuple[float, ...]]:
        """What is to be written of them: their blob, ready to be kept, and what lies outside."""
        outside = self.outside()
        return workplace.blobs.stage(self.maps.to_npy()), outside

    def drawn(self, key: str, outside: tuple[float, ...]) -> DrawnMaps:
        """The maps as their prediction's row names them, once their blob is kept."""
        return DrawnMaps(key, self.maps.nodes, self.maps.placement, outside)


class Predictors(Protocol):
    """What runs the models: in the worker, its pool of predictors."""

    def predict(
        self, model: str, image: GrayOrColourImage, *, site: SiteSettings | None = None
    ) -> Prediction:
        """What the bundle with this digest says of an image, under a site's settings if given."""

    def predict_with_maps(
        self, model: str, image: GrayOrColourImage, *, site: SiteSettings | None = None
    ) -> tuple[Prediction, NewMaps]:
        """The same with what the mask reader of the bundle, which has one, marks in that pass."""

    def intervene(
        self,
        model: str,
        image: Callable[[], GrayOrColourImage],
        *,
        image_key: str,
        before: Prediction,
        change: Change,
        site: SiteSettings | None,
    ) -> InterventionResult:
        """What the bundle says of an image under a change; the image is read if it is not at hand
        under its key."""

    def read_changed(
        self,
        model: str,
        image: GrayOrColourImage,
        others: Sequence[GrayOrColourImage],
        *,
        before: Prediction,
        off: Sequence[str],
        site: SiteSettings | None,
    ) -> InterventionResult:
        """What the bundle says of the picture of a row with other values; the others make the
        control."""

    def explain(
        self,
        model: str,
        image: GrayOrColourImage,
        node: str,
        *,
        tier: Tier,
        seed: int,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> Explanation:
        """One node's heatmap."""

    def agree(
        self,
        model: str,
        image: GrayOrColourImage,
        node: str,
        heatmap: np.ndarray,
        *,
        tier: Tier,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> Agreement:
        """How far a heatmap of this tier, ``(S, S)`` on the network grid, marks the same when it is
        made again."""


@within
class Pulse:
    """A job's progress on its way to the store, and the wish to stop on its way back.

    Both are throttled: an explanation calls many times a second, and each write waits for the disk.
    """

    def __init__(
        self,
        workplace: Workplace,
        job_id: str,
        stop: Callable[[], bool],
        *,
        is_whole: bool = True,
        gives_way: bool = False,
        is_last: bool = False,
        between: Callable[[], object] = lambda: None,
    ) -> None:
        self._workplace, self._job_id, self._stop = workplace, job_id, stop
        self._is_whole = is_whole  # False: one image of many, whose progress is not the job's
        self._gives_way = gives_way  # to work for which a page shows nothing yet
        self._is_last = is_last  # gives way to all that somebody asked for
        self._between = between  # work that a hand waits for, done in the midst of this one
        self._beaten = self._looked = time.monotonic()
        self._unwanted = self._others_were_first = False

    def progress(self, fraction: float) -> None:
        """Note how far the work is, 0 to 1."""
        now = time.monotonic()
        if now - self._beaten < BEAT_SECONDS:
            return
        self._beaten = self._looked = now
        with self._workplace.store.write() as tx:
            self._unwanted = tx.jobs.beat(
                self._job_id,
                progress=fraction if self._is_whole else None,
                now=self._workplace.clock(),
            )

    def cancelled(self) -> bool:
        """Should the work stop: the job was cancelled, its case deleted, others go first, or the
        worker leaves."""
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._between()
            self._looked = now
            with self._workplace.store.read() as tx:
                others_first = (self._gives_way and tx.jobs.is_any_urgent()) or (
                    self._is_last and tx.jobs.is_any_asked_for()
                )
                self._unwanted = tx.jobs.is_unwanted(self._job_id) or (
                    others_first and self._is_left_to_us()
                )
            self._others_were_first = others_first
        return self._unwanted or self._stop()

    def _is_left_to_us(self) -> bool:
        """Did no idle worker take what goes first since the last look? So of several workers that
        are busy one gives way, and not all."""
        return self._others_were_first or not self._workplace.store.is_shared


@needs("run the program")
def predict_frame(
    workplace: Workplace,
    pool: Predictors,
    case_id: str,
    *,
    frame: int,
    model: str,
    site: str = "",
) -> Prediction:
    """A frame's prediction: the saved one, or a new one that is saved.

    Args:
        workplace: where.
        pool: runs the model.
        case_id: of the case.
        frame: counted from 0.
        model: digest of the bundle.
        site: digest of the site's settings to predict under; "" for the bundle's own.

    Raises:
        ReadableError: the case, its file, its model or the settings cannot be had.
    """
    with workplace.store.read() as tx:
        saved = tx.predictions.get(case_id, frame=frame, model=model, site=site)
        if saved is not None:
            return saved
        case, thumbnail = tx.cases.get(case_id), tx.cases.thumbnail(case_id)
        settings = site_choice.settings(tx, model, site) if site else None
    info = models.usable(workplace, model)
    check_fits(workplace, case, info)
    image = of_case.read(workplace, case, frame=frame, model=model)
    new = None
    if info.has_reader:
        prediction, new = pool.predict_with_maps(model, image, site=settings)
    else:
        prediction = pool.predict(model, image, site=settings)
    lacks_thumbnail = frame == 0 and thumbnail is None
    picture = thumbnails.staged_thumbnail(workplace, image) if lacks_thumbnail else None
    _save_with_files(workplace, case_id, frame, info, prediction, new, picture)
    return prediction


def _save_with_files(
    workplace: Workplace,
    case_id: str,
    frame: int,
    info: BundleInfo,
    prediction: Prediction,
    new: NewMaps | None,
    picture: Staged | None,
) -> None:
    """All in one transaction; of an image that the model refused there is no map."""
    staged: Staged | None = None
    outside: tuple[float, ...] = ()
    if new is not None and prediction.supported:
        staged, outside = new.staged(workplace)
    try:
        with originals.keeping(workplace) as (tx, keep):
            maps = None
            if new is not None and staged is not None:
                maps = new.drawn(keep(staged), () if info.reads_rows else outside)
            _save(tx, workplace, case_id, frame, info, prediction, maps)
            if picture is not None:
                tx.cases.set_thumbnail(case_id, keep(picture))
    finally:
        for file in (staged, picture):
            if file is not None:
                workplace.blobs.discard(file)


def _save(
    tx: Transaction,
    workplace: Workplace,
    case_id: str,
    frame: int,
    info: BundleInfo,
    prediction: Prediction,
    maps: DrawnMaps | None = None,
) -> None:
    tx.cases.get(case_id)  # deleted meanwhile: nothing is written
    tx.predictions.save(
        case_id,
        frame=frame,
        model=info.digest,
        prediction=prediction,
        negative_class=info.negative_class,
        now=workplace.clock(),
        maps=maps,
    )


@needs("run the program")
def explain_frame(
    workplace: Workplace,
    pool: Predictors,
    case_id: str,
    *,
    frame: int,
    model: str,
    node: str,
    tier: Tier,
    seed: int,
    pulse: Pulse,
) -> SavedExplanation:
    """One node's heatmap of one tier: the saved one, or a new one that is saved.

    Raises:
        Cancelled: the job was cancelled, its case deleted, others go first, or the worker leaves.
        ReadableError: the case, its file or its model cannot be had.
    """
    with workplace.store.read() as tx:
        case = tx.cases.get(case_id)
        saved = _known(tx, case_id, frame=frame, model=model, node=node, tier=tier, seed=seed)
    if saved is not None:
        return saved
    models.approved(workplace, model)
    image = of_case.read(workplace, case, frame=frame, model=model)
    explanation = pool.explain(
        model,
        image,
        node,
        tier=tier,
        seed=seed,
        progress=pulse.progress,
        cancelled=pulse.cancelled,
    )
    staged = workplace.blobs.stage(npy(explanation.heatmap))
    try:
        with originals.keeping(workplace) as (tx, keep):
            case = tx.cases.get(case_id)
            known = _known(tx, case_id, frame=frame, model=model, node=node, tier=tier, seed=seed)
            if known is not None:  # another worker was asked for the same, and was faster
                return known
            saved = SavedExplanation(
                explanation_id=jobs.new_id(),
                case_id=case_id,
                frame=frame,
                pixel_sha256=case.pixel_sha256,
                model=model,
                tier=tier,
                heatmap_key=keep(staged),
                created_at=workplace.clock(),
                **_facts(explanation, case),
            )
            tx.explanations.add(saved)
    except NotFound:
        raise Cancelled from None
    finally:
        workplace.blobs.discard(staged)
    return saved


def _facts(explanation: Explanation, case: Case) -> dict[str, Any]:
    """What was measured; the picture of a row shows no body."""
    facts = explanation.facts
    return facts | {"outside_body": None} if case.facts.is_row else facts


def _known(
    tx: Transaction, case_id: str, *, frame: int, model: str, node: str, tier: Tier, seed: int
) -> SavedExplanation | None:
    digest = TIERS[tier].digest
    return tx.explanations.find(
        case_id, frame=frame, model=model, node=node, seed=seed, settings_digest=digest
    )


def npy(heatmap: np.ndarray) -> bytes:
    """An array as a .npy file without pickles."""
    out = io.BytesIO()
    np.save(out, np.ascontiguousarray(heatmap, dtype=np.float32), allow_pickle=False)
    return out.getvalue()
