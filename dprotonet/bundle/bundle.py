"""A model on disk: one folder of safetensors and JSON with a gallery of prototype sources.

::

    bundle.json             classes, options, preprocessing, card, and the hash of all that follows
    model.safetensors       every tensor of the network
    prototypes.json         sources and behaviour of every prototype
    support.safetensors     the distance to the training images, where the bundle has a gate
    gallery/gallery.json    the sources shown, with their pictures and heatmaps where there are any
    nearest.json            the training patches nearest to each prototype, of a ProtoPNet
    reader.safetensors      the mask reader, where the bundle has one
    responses.safetensors   similarities to fit the last layer again; not in every bundle
    graph.json              the operators of a classifier that came as an ONNX file
    source-rows.json        rows of the prototypes' sources; in bundles of rows that may carry them

An imported classifier is a bundle too: it has no prototypes, and its records of them are empty. So
is a network with concepts: they stand where prototypes stand, with the images that show them most.

Importing this and ``Bundle.load(folder, with_model=False)`` need no torch.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dprotonet.attributes.row_images import RowImages
from dprotonet.attributes.table import Row
from dprotonet.bundle.change import Change
from dprotonet.bundle.coding.class_codes import ClassCode
from dprotonet.bundle.contents import check_contents, checked_file, checked_weights
from dprotonet.bundle.gallery import GalleryEntry, read_gallery, read_prototypes
from dprotonet.bundle.manifest import (
    GRAPH,
    READER,
    RESPONSES,
    SOURCE_ROWS,
    SUPPORT,
    Manifest,
    read_manifest,
)
from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.reader.facts import ReaderFacts
from dprotonet.bundle.sources.nearest import NearestPatch, pictures_of, read_nearest
from dprotonet.bundle.sources.rows import rows_from_bytes
from dprotonet.bundle.staging import replace_manifest
from dprotonet.bundle.support.limits import SupportLimits
from dprotonet.errors import UnusableBundle, WrongRequest
from dprotonet.modeling.concepts.options import ConceptOptions
from dprotonet.modeling.options import ModelOptions
from dprotonet.prototypes.provenance import PrototypeRecord

if TYPE_CHECKING:
    from dprotonet.modeling.classifiers.classifier import Classifier
    from dprotonet.modeling.concepts.finished import ConceptModel
    from dprotonet.modeling.model import DProtoNet
    from dprotonet.modeling.preprocessing import Preprocessing
    from dprotonet.modeling.reader.mask_reader import MaskReader
    from dprotonet.modeling.support_distance import SupportDistance
    from dprotonet.prototypes.responses import Responses


@dataclass(frozen=True, eq=False)
class Bundle:
    """A checked model folder.

    Attributes:
        path: the folder.
        manifest: bundle.json.
        digest: 64 hex digits over the whole bundle.
        prototypes: one record for each prototype, in the network's order.
        gallery: source images to show, in the order of the prototypes, heaviest first.
        nearest: the training patches nearest to each prototype, in their order; none but in bundles
            of networks that compare single patches.
    """

    path: Path
    manifest: Manifest
    digest: str
    prototypes: tuple[PrototypeRecord, ...]
    gallery: tuple[GalleryEntry, ...]
    nearest: tuple[NearestPatch, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def load(cls, path: str | Path, *, with_model: bool = True) -> Bundle:
        """Open a model folder after checking every hash in it.

        Args:
            path: the folder.
            with_model: build the network now; otherwise at the first use of :attr:`model`.

        Raises:
            UnusableBundle: it is incomplete, altered, stale or of another format; the sentence
                says which part.
        """
        folder = Path(path)
        manifest = read_manifest(folder)
        check_contents(folder, manifest)
        try:
            prototypes = read_prototypes(folder, manifest)
            nearest = read_nearest(folder, manifest)
            gallery = read_gallery(folder, manifest, pictures_of(nearest))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnusableBundle(
                f"The records of the model {manifest.display_name!r} cannot be used ({error}). "
                "Save the model again."
            ) from error
        bundle = cls(folder, manifest, manifest.digest, prototypes, gallery, nearest)
        if with_model:
            _ = bundle.network, bundle.support_distance
        return bundle

    def amend(
        self,
        *,
        name: str | None = None,
        card: ModelCard | None = None,
        temperature: float | None = None,
        threshold: float | None = None,
        codes: Mapping[str, ClassCode] | None = None,
    ) -> Bundle:
        """The same network with another name, card, temperature or threshold, or with other codes
        of its classes, saved in its place.

        None leaves a value as it is. The digest changes with any of them.
        """
        new: dict[str, Any] = {"name": name, "card": card, "codes": codes}
        new |= {"temperature": temperature, "threshold": threshold}
        changed = {key: value for key, value in new.items() if value is not None}
        replace_manifest(self.path, replace(self.manifest, **changed))
        return Bundle.load(self.path, with_model=False)

    @property
    def name(self) -> str:
        """Short name, of safe characters, whatever an older version wrote."""
        return self.manifest.display_name

    @property
    def short(self) -> str:
        """The digest's first eight digits."""
        return self.digest[:8]

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in the order of the logits."""
        return self.manifest.options.classes

    @property
    def negative_class(self) -> str | None:
        """The class that means "nothing found", if there is one."""
        return self.manifest.negative_class

    @property
    def codes(self) -> Mapping[str, ClassCode]:
        """Class name to its code in reports for other systems; empty where none was given."""
        return self.manifest.codes

    @property
    def options(self) -> ModelOptions:
        """How the network with prototypes is built.

        Raises:
            WrongRequest: it is an imported classifier, or has concepts.
        """
        options = self.manifest.options
        if not isinstance(options, ModelOptions):
            raise self._has_no_prototypes()
        return options

    @property
    def reasons_options(self) -> ModelOptions | ConceptOptions:
        """How the network is built whose logits are sums over prototypes, or over concepts.

        Raises:
            WrongRequest: it is an imported classifier.
        """
        options = self.manifest.options
        if not isinstance(options, ModelOptions | ConceptOptions):
            raise self._has_no_prototypes()
        return options

    @property
    def has_prototypes(self) -> bool:
        """Whether its logits are sums over prototypes, or over concepts, which stand in their
        place: so of every network that was trained here."""
        return isinstance(self.manifest.options, ModelOptions | ConceptOptions)

    @property
    def concepts(self) -> tuple[str, ...]:
        """Names of its concepts, which stand first among its prototypes; empty of a network with
        prototypes and of an imported classifier."""
        options = self.manifest.options
        return options.concepts if isinstance(options, ConceptOptions) else ()

    @property
    def image_size(self) -> int:
        """Side of the square network input, in pixels."""
        return self.manifest.options.image_size

    @property
    def multi_label(self) -> bool:
        """Whether an image has any number of the classes."""
        return self.manifest.options.multi_label

    def _has_no_prototypes(self) -> WrongRequest:
        if self.concepts:
            return WrongRequest(
                f"The model {self.name} has concepts and no prototypes, which this needs. Name a "
                "model that was trained with prototypes."
            )
        return WrongRequest(
            f"The model {self.name} is an imported classifier and has no prototypes, which this "
            "needs. Name a model that was trained here."
        )

    @property
    def card(self) -> ModelCard:
        """What the model is for, and its limits."""
        return self.manifest.card

    @property
    def temperature(self) -> float:
        """Divides the logits before the softmax (multi-label: the sigmoids)."""
        return self.manifest.temperature

    @property
    def threshold(self) -> float | None:
        """Decision threshold on 1 - p(negative class)."""
        return self.manifest.threshold

    @property
    def thresholds(self) -> dict[str, float] | None:
        """Of a multi-label model: class name to the probability from which it is called."""
        return self.manifest.thresholds

    @property
    def offsets(self) -> dict[str, float] | None:
        """Of a multi-label model: class name to the log-odds that calibration adds."""
        return self.manifest.offsets

    @property
    def prototype_ids(self) -> tuple[str, ...]:
        """Ids of the prototypes, in the network's order."""
        return tuple(record.id for record in self.prototypes)

    @property
    def changes(self) -> tuple[Change, ...]:
        """How it came from other bundles, oldest first; empty straight after training."""
        return self.manifest.changes

    @property
    def same_prototypes(self) -> tuple[str, ...]:
        """Digests of this bundle and, newest first, of those that it came from with its prototypes
        as they are: what was said of theirs was said of its own."""
        digests = [self.digest]
        for change in reversed(self.changes):
            if change.kind in ("learned", "pruned"):
                break
            digests.append(change.parent)
        return tuple(digests)

    @property
    def parent(self) -> str | None:
        """The digest of the bundle that this one was made from, or None."""
        return self.changes[-1].parent if self.changes else None

    @property
    def off(self) -> tuple[str, ...]:
        """Ids of the prototypes that are switched off: they weigh 0 for every class."""
        return self.manifest.off

    @property
    def has_responses(self) -> bool:
        """Whether its last layer can be fitted again; reads nothing."""
        return RESPONSES in self.manifest.files

    @cached_property
    def responses(self) -> Responses | None:
        """Similarities of its training and validation images, read once (imports no torch); None
        in a bundle that keeps none."""
        from dprotonet.prototypes.responses import Responses

        if not self.has_responses:
            return None
        try:
            responses = Responses.from_bytes(checked_file(self.path, self.manifest, RESPONSES))
            if responses.anchor.shape != (len(self.classes), len(self.prototype_ids)):
                raise ValueError("they are of other classes or prototypes")
        except ValueError as error:
            raise UnusableBundle(
                f"{RESPONSES} of the model {self.name!r} cannot be used ({error}). "
                "Save the model again."
            ) from error
        return responses

    @property
    def rows(self) -> RowImages | None:
        """The table and the encoding of a bundle that takes rows; None of one that takes images."""
        return self.manifest.rows

    @cached_property
    def source_rows(self) -> Mapping[str, Row]:
        """Of a bundle that takes rows: sample id of a prototype's source to its row, as far as the
        bundle may carry them."""
        if self.manifest.rows is None or SOURCE_ROWS not in self.manifest.files:
            return {}
        data = checked_file(self.path, self.manifest, SOURCE_ROWS)
        return rows_from_bytes(data, self.manifest.rows.table, self.name)

    @property
    def support_limits(self) -> SupportLimits | None:
        """The distances from which an image is cautioned or refused; None without a distance."""
        return self.manifest.support

    @cached_property
    def support_distance(self) -> SupportDistance | None:
        """The distance to the training images (imports torch); None where the bundle has none."""
        if self.manifest.support is None:
            return None
        from dprotonet.bundle.support.file import distance_from_bytes

        return distance_from_bytes(checked_file(self.path, self.manifest, SUPPORT), self.name)

    @property
    def reader_facts(self) -> ReaderFacts | None:
        """Of the mask reader; None without one. Reads nothing."""
        return self.manifest.reader

    @cached_property
    def mask_reader(self) -> MaskReader | None:
        """What marks the nodes in one pass (imports torch); None where the bundle has none."""
        if self.manifest.reader is None:
            return None
        from dprotonet.bundle.reader.file import reader_from_bytes

        data = checked_file(self.path, self.manifest, READER)
        return reader_from_bytes(data, self.manifest.reader.options, self.name)

    @cached_property
    def preprocessing(self) -> Preprocessing:
        """From an image to the network's input (imports torch)."""
        from dprotonet.modeling.preprocessing import Preprocessing

        try:
            return Preprocessing.from_json(self.manifest.preprocessing)
        except (KeyError, TypeError, ValueError) as error:
            raise UnusableBundle(
                f"The preprocessing of the model {self.name!r} cannot be used ({error})."
            ) from error

    @property
    def network(self) -> DProtoNet | ConceptModel | Classifier:
        """The network, in eval mode on the CPU; built once (imports torch)."""
        with self._lock:
            return self._network

    @property
    def model(self) -> DProtoNet:
        """The network with prototypes, in eval mode on the CPU; built once (imports torch).

        Raises:
            WrongRequest: it is an imported classifier, or has concepts.
        """
        from dprotonet.modeling.model import DProtoNet

        network = self.network
        if not isinstance(network, DProtoNet):
            raise self._has_no_prototypes()
        return network

    @property
    def reasons_network(self) -> DProtoNet | ConceptModel:
        """The network whose logits are sums over prototypes, or over concepts, in eval mode on the
        CPU; built once (imports torch).

        Raises:
            WrongRequest: it is an imported classifier.
        """
        from dprotonet.modeling.classifiers.classifier import Classifier

        network = self.network
        if isinstance(network, Classifier):
            raise self._has_no_prototypes()
        return network

    @cached_property
    def _network(self) -> DProtoNet | ConceptModel | Classifier:
        from dprotonet.bundle.weights import model_from_bytes
        from dprotonet.modeling.reasons.network import ReasonsNetwork

        # Hashed again from the bytes that are used: the folder may have changed since `load`.
        has_graph = GRAPH in self.manifest.files
        graph = checked_file(self.path, self.manifest, GRAPH) if has_graph else None
        network = model_from_bytes(checked_weights(self.path, self.manifest), self.manifest, graph)
        if isinstance(network, ReasonsNetwork):
            network.keep_reader(self._reader_for(network))
        return network

    def _reader_for(self, model: DProtoNet | ConceptModel) -> MaskReader | None:
        reader = self.mask_reader
        if reader is not None:
            from dprotonet.modeling.reader.mask_reader import check_reads

            try:
                check_reads(reader, model)
            except ValueError as error:
                raise UnusableBundle(
                    f"The mask reader of the model {self.name!r} does not fit its network "
                    f"({error}). Train it again: python -m training reader."
                ) from error
        return reader
