"""All that objects of one signed revision are made of, read once from the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from app.domain.annotations import Annotation
from app.domain.cases import Case
from app.domain.dicom.site import DicomSite
from app.domain.errors import NotFound, Refused
from app.domain.explanations import offered
from app.domain.instant_maps import instant_maps, is_measured_map, leading_id
from app.domain.marks import Mark
from app.domain.permissions import within
from app.services import image_data
from app.services.dicom_out import words
from app.services.dicom_out.source import SourceImage, source_image
from app.services.dicom_out.uids import uid
from app.services.report.pictures import COLOURS, NORMAL_COLOURS
from app.services.room.reliability import node_title
from app.services.studies import blinding
from app.services.workplace import Workplace
from app.store.sql_store import Transaction
from dprotonet.bundle.coding.class_codes import ClassCode
from dprotonet.explain.reader.kept_maps import KeptMaps
from dprotonet.inference.prediction import Prediction

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage


@dataclass(frozen=True, eq=False)
class SignedHeatmap:
    """The heatmap that was there when the reader signed."""

    node: str
    """Whose it is, such as ``class:pneumonia``."""
    title: str
    """The same in words, such as “Class pneumonia”."""
    values: np.ndarray
    """``(H, W)`` float32 in [0, 1] on the native grid."""
    key: str
    """What tells it from every other one of this image."""
    colours: str
    """Name of its colour table: what speaks for "normal" has one of its own."""


@dataclass(frozen=True, eq=False)
class SignedRead:
    """One revision with its image."""

    case: Case
    revision: Annotation
    source: SourceImage
    image: GrayOrColourImage
    heatmap: SignedHeatmap | None
    probabilities: Mapping[str, float]
    """Of the classes that were called, calibrated; empty without a prediction."""
    codes: Mapping[str, ClassCode]
    """What the bundle says of its classes."""
    site: DicomSite
    replaces: bool
    """Is there an earlier revision?"""

    def uid(self, *kind: object) -> str:
        """The identifier of an object, or of a part of one, of this revision."""
        return self._uid(self.revision.revision, *kind)

    def uid_before(self, *kind: object) -> str:
        """The same of the revision before."""
        return self._uid(self.revision.revision - 1, *kind)

    def _uid(self, revision: int, *kind: object) -> str:
        file, frame = self.case.file_sha256, self.revision.frame
        return uid(self.case.case_id, file, frame, revision, *kind)

    def tracking(self, node: str) -> str:
        """What ties the report's group of a class to the segment of its heatmap."""
        return self.uid("model", node)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What the reader drew to say something; not what was hidden or kept to try the model."""
        return tuple(mark for mark in self.revision.marks if mark.purpose != "region")

    @property
    def signed_at(self) -> datetime:
        """Aware."""
        return self.revision.created_at

    @property
    def verifier(self) -> str:
        """The name of the one who verified it, as the site gives it; empty: nobody did."""
        return self.site.verifiers.get(self.revision.reader, "")

    @property
    def readers_label(self) -> str | None:
        """What the reader says it is; None where the reader names nothing."""
        if self.revision.corrected_label:
            return self.revision.corrected_label
        return self.revision.predicted_label if self.revision.verdict == "accept" else None


@within
def signed_read(
    workplace: Workplace, case_id: str, *, frame: int, revision: int | None
) -> SignedRead:
    """Read everything of a revision.

    Args:
        workplace: where, and for whom.
        case_id: of the image.
        frame: counted from 0.
        revision: its number; None for the newest.

    Raises:
        Forbidden: this person's own read of the image is still to come.
        NotFound: there is no such case, frame or revision.
        Refused: nothing can be made of it; the sentence says why.
        UnreadableImage: the stored file can no longer be decoded.
    """
    with workplace.store.read() as tx:
        blinding.check_shown(workplace, tx, case_id, frame=frame)
        case = tx.cases.get(case_id)
        case.check_frame(frame)
        revisions = tx.annotations.revisions(case_id, frame=frame)
        signed = _of_number(revisions, revision)
        prediction = _judged(tx, case, signed)
    source = source_image(workplace, case, frame=frame)
    codes: Mapping[str, ClassCode] = {}
    negative = None
    try:
        bundle = workplace.models.bundle(signed.model) if signed.model else None
        if bundle is not None:
            codes, negative = bundle.codes, bundle.negative_class
    except NotFound:
        pass  # the model went; what was said with it stays
    return SignedRead(
        case=case,
        revision=signed,
        source=source,
        image=image_data.image(workplace, case_id, frame=frame),
        heatmap=_heatmap(workplace, signed, prediction, negative),
        probabilities=_called(signed, prediction),
        codes=codes,
        site=workplace.settings.dicom_site,
        replaces=signed.revision > 1,
    )


def _of_number(revisions: tuple[Annotation, ...], number: int | None) -> Annotation:
    if not revisions:
        raise Refused(words.NOT_SIGNED)
    if number is None:
        return revisions[-1]
    for revision in revisions:
        if revision.revision == number:
            return revision
    raise NotFound(words.NO_REVISION)


def _judged(tx: Transaction, case: Case, signed: Annotation) -> Prediction | None:
    """The prediction that the reader judged; None where it is not the one that is kept now."""
    if not signed.model:
        return None
    for site in dict.fromkeys((case.site, "")):
        found = tx.predictions.get(case.case_id, frame=signed.frame, model=signed.model, site=site)
        if (
            found is not None
            and found.label == signed.predicted_label
            and found.probability == signed.predicted_probability
        ):
            return found
    return None


def _called(signed: Annotation, prediction: Prediction | None) -> dict[str, float]:
    if prediction is not None and prediction.called:
        return {name: prediction.probabilities[name] for name in prediction.called}
    if signed.predicted_label is None or signed.predicted_probability is None:
        return {}
    return {signed.predicted_label: signed.predicted_probability}


def _heatmap(
    workplace: Workplace, signed: Annotation, prediction: Prediction | None, negative: str | None
) -> SignedHeatmap | None:
    """The one that the reader judged, else the leading one of the class that came first; of those
    that were there at the signature, so that the same revision always shows the same one."""
    if signed.predicted_label is None or not signed.model:
        return None
    case_id, frame, model = signed.case_id, signed.frame, signed.model
    with workplace.store.read() as tx:
        every = tx.explanations.of_frame(case_id, frame=frame, model=model)
        drawn = tx.predictions.maps(case_id, frame=frame, model=model)
    saved = [one for one in every if one.created_at <= signed.created_at]
    maps = offered(one for one in saved if drawn is None or not is_measured_map(one))
    instant = instant_maps(drawn, saved)
    first = prediction.class_to_look_at(negative) if prediction else signed.predicted_label
    leading = leading_id(maps, instant, node=f"class:{first}")
    known = {one.heatmap_id for one in maps} | {one.heatmap_id for one in instant}
    chosen = signed.judged_map if signed.judged_map in known else leading
    for offer in maps:
        if offer.heatmap_id == chosen:
            stored = image_data.stored_heatmap(workplace, offer.saved.heatmap_key)
            values = image_data.on_image(stored, offer.saved.placement)
            return _titled(offer.saved.node, values, offer.saved.heatmap_key, negative)
    for one in instant:
        if one.heatmap_id == chosen and drawn is not None:
            kept = KeptMaps.from_npy(workplace.blobs.read(drawn.key), drawn.nodes, drawn.placement)
            values = image_data.on_image(kept.heatmap(one.number), drawn.placement)
            return _titled(one.node, values, f"{drawn.key}/{one.number}", negative)
    return None


def _titled(node: str, values: np.ndarray, key: str, negative: str | None) -> SignedHeatmap:
    colours = NORMAL_COLOURS if node == f"class:{negative}" else COLOURS
    return SignedHeatmap(node, node_title(node), values, key, colours)
