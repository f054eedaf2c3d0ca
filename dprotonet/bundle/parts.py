"""All that a bundle is made of, checked to belong together before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from dprotonet.attributes.row_images import RowImages
from dprotonet.attributes.table import Row
from dprotonet.bundle.change import Change
from dprotonet.bundle.gallery import GalleryPicture
from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.names import check_name
from dprotonet.bundle.reader.facts import ReaderFacts
from dprotonet.bundle.sources.nearest import NearestPictures
from dprotonet.bundle.support.limits import SupportLimits
from dprotonet.errors import UnusableBundle
from dprotonet.modeling.concepts.finished import ConceptModel
from dprotonet.modeling.model import DProtoNet
from dprotonet.modeling.preprocessing import Preprocessing
from dprotonet.modeling.reader.mask_reader import MaskReader
from dprotonet.modeling.support_distance import SupportDistance
from dprotonet.prototypes.activation_stats import ActivationStatistics
from dprotonet.prototypes.responses import Responses
from dprotonet.prototypes.update import PrototypeUpdate


@dataclass(frozen=True, eq=False)
class FittedSupport:
    """The gate's distance with its limits."""

    distance: SupportDistance
    limits: SupportLimits


@dataclass(frozen=True, eq=False)
class FittedReader:
    """A mask reader with what the manifest says of it."""

    reader: MaskReader
    facts: ReaderFacts


@dataclass(frozen=True, eq=False, kw_only=True)
class BundleParts:
    """What :func:`dprotonet.bundle.writer.save_bundle` writes.

    Attributes:
        name: short name of the model: letters a to z, digits, ``.``, ``_`` and ``-``.
        model: with the prototypes of ``update``; of a network with concepts, with the axes that
            ``update`` shows images of.
        preprocessing: that ``update`` was made with.
        update: the last prototype update.
        statistics: of the model's prototypes over the training set.
        card: the model card.
        negative_class: the class that means "nothing found".
        temperature: above 0, chosen on validation.
        threshold: in [0, 1], on 1 - p(negative class), chosen on validation.
        thresholds: of a multi-label model: class name to the probability from which it is called,
            chosen on validation.
        offsets: of the same: class name to log-odds that calibration adds, chosen on validation.
        gallery: pictures of sources; sources without any are listed by id.
        half_precision: keep convolution weights of the backbone in 16 bit: half the size. They are
            widened at loading; measure that the predictions stay.
        responses: of the training and validation images, so that the last layer can be fitted
            again; None to keep none.
        changes: how it came from other bundles, oldest first.
        support: the distance to the training images and its limits; None for a bundle that gives
            every image a label.
        reader: trained for the network as it is stored, half precision or not; None for a bundle
            whose heatmaps are all searched.
        rows: of a bundle that takes rows of a table; None for one that takes images.
        source_rows: of the same: sample id to the row of a prototype's source, to show it beside
            others; None to keep none, as where rows are of patients.
        nearest: the training patches nearest to each prototype; None to keep none.

    Raises:
        UnusableBundle: backbone or masks changed after the prototypes were made, the update was
            not applied, or the name has other characters.
        ValueError: the parts do not belong together.
    """

    name: str
    model: DProtoNet | ConceptModel
    preprocessing: Preprocessing
    update: PrototypeUpdate
    statistics: ActivationStatistics
    card: ModelCard
    negative_class: str | None = None
    temperature: float = 1.0
    threshold: float | None = None
    thresholds: dict[str, float] | None = None
    offsets: dict[str, float] | None = None
    gallery: tuple[GalleryPicture, ...] = ()
    half_precision: bool = False
    responses: Responses | None = None
    changes: tuple[Change, ...] = ()
    support: FittedSupport | None = None
    reader: FittedReader | None = None
    rows: RowImages | None = None
    source_rows: Mapping[str, Row] | None = None
    nearest: NearestPictures | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        size = self.model.options.image_size
        if self.preprocessing.size != size:
            raise ValueError(
                f"The preprocessing gives {self.preprocessing.size} pixels, "
                f"the network takes {size}."
            )
        if len(self.statistics.prototypes) != len(self.model.prototype_ids):
            raise ValueError("The statistics are of another number of prototypes.")
        shape = tuple(self.model.head.weight.shape)
        if self.responses is not None and self.responses.anchor.shape != shape:
            raise ValueError("The responses are of other classes or prototypes.")
        digests = self.model.part_digests()
        for part, digest in self.update.made_with.items():
            if digests[part] != digest:
                raise UnusableBundle(
                    f"The prototypes are stale: the {part} changed after they were made. Run the "
                    "prototype update again before saving."
                )
        if not torch.equal(self.model.prototypes.detach().cpu(), self.update.prototypes):
            raise UnusableBundle(
                "The model's prototypes are not those of the update. Apply the update before "
                "saving, and train no prototypes after it."
            )
