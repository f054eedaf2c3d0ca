"""One frame's prediction and explanation: the saved one, or a new one that is saved.

Nothing here imports torch: the model work itself is done by :class:`Predictors`.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np

from app.domain.errors import NotFound
from app.domain.explanations import SavedExplanation, Tier
from app.services import jobs, originals
from app.services.checks import site_choice
from app.services.workplace import Workplace
from dprotonet.errors import Cancelled
from dprotonet.explain.explanation import Explanation
from dprotonet.explain.settings import TIERS
from dprotonet.inference.prediction import Prediction

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage
    from dprotonet.inference.site_settings import SiteSettings

BEAT_SECONDS = 0.3  # between two writes of a job's progress
LOOK_SECONDS = 0.15  # between two looks whether it was cancelled


class Predictors(Protocol):
    """What runs the models: in the worker, its pool of predictors."""

    def predict(
        self, model: str, image: GrayOrColourImage, *, site: SiteSettings | None = None
    ) -> Prediction:
        """What the bundle with this digest says of an image, under a site's settings if given."""

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
    ) -> None:
        self._workplace, self._job_id, self._stop = workplace, job_id, stop
        self._is_whole = is_whole  # False: one image of many, whose progress is not the job's
        self._gives_way = gives_way  # to work for which a page shows nothing yet
        self._beaten = self._looked = time.monotonic()
        self._unwanted = False

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
            self._looked = now
            with self._workplace.store.read() as tx:
                self._unwanted = tx.jobs.is_unwanted(self._job_id) or (
                    self._gives_way and tx.jobs.is_any_urgent()
                )
        return self._unwanted or self._stop()


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
        case = tx.cases.get(case_id)
        settings = site_choice.settings(tx, model, site) if site else None
    image = workplace.image_reader.read(workplace.blobs.source(case.file_sha256), frame=frame)
    prediction = pool.predict(model, image, site=settings)
    with workplace.store.write() as tx:
        tx.cases.get(case_id)  # deleted meanwhile: nothing is written
        tx.predictions.save(
            case_id,
            frame=frame,
            model=model,
            prediction=prediction,
            negative_class=workplace.models.get(model).negative_class,
            now=workplace.clock(),
        )
    return prediction


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
        saved = tx.explanations.find(
            case_id,
            frame=frame,
            model=model,
            node=node,
            seed=seed,
            settings_digest=TIERS[tier].digest,
        )
    if saved is not None:
        return saved
    image = workplace.image_reader.read(workplace.blobs.source(case.file_sha256), frame=frame)
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
            saved = SavedExplanation(
                explanation_id=jobs.new_id(),
                case_id=case_id,
                frame=frame,
                pixel_sha256=case.pixel_sha256,
                model=model,
                tier=tier,
                heatmap_key=keep(staged),
                created_at=workplace.clock(),
                **explanation.facts,
            )
            tx.explanations.add(saved)
    except NotFound:
        raise Cancelled from None
    finally:
        workplace.blobs.discard(staged)
    return saved


def npy(heatmap: np.ndarray) -> bytes:
    """An array as a .npy file without pickles."""
    out = io.BytesIO()
    np.save(out, np.ascontiguousarray(heatmap, dtype=np.float32), allow_pickle=False)
    return out.getvalue()
