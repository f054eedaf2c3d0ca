"""bundle.json: what a model folder holds.

No torch here: the server reads cards and galleries without it. Nothing is ever unpickled. Names of
files come from the manifest, so they are checked before they are used as paths.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dprotonet.atomic_files import write_whole
from dprotonet.attributes.row_images import RowImages
from dprotonet.bundle.change import Change
from dprotonet.bundle.coding.class_codes import ClassCode, check_codes, class_codes, codes_to_json
from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.names import safe_name
from dprotonet.bundle.reader.facts import ReaderFacts
from dprotonet.bundle.support.limits import SupportLimits
from dprotonet.errors import UnusableBundle
from dprotonet.modeling.classifiers.options import ClassifierOptions
from dprotonet.modeling.concepts.options import ConceptOptions
from dprotonet.modeling.digests import json_digest
from dprotonet.modeling.options import ModelOptions

FORMATS = (1, 2, 3, 4, 5)
"""That this version reads. 2 has a gate, a scope or changes, 3 has a mask reader, 4 has codes of
its classes, or is an imported classifier, 5 has concepts, takes rows of a table, keeps its nearest
patches or was pruned by them; a bundle with none of them is written as 1."""
NetworkOptions = ModelOptions | ConceptOptions | ClassifierOptions

MANIFEST, MODEL, PROTOTYPES, GALLERY = (
    "bundle.json",
    "model.safetensors",
    "prototypes.json",
    "gallery/gallery.json",
)
RESPONSES = "responses.safetensors"  # in bundles whose last layer can be fitted again
SUPPORT = "support.safetensors"
READER = "reader.safetensors"
SOURCE_ROWS = "source-rows.json"  # in bundles of rows that may carry those of their prototypes
NEAREST = "nearest.json"  # of networks that compare single patches
GRAPH = "graph.json"  # of a classifier that came as an ONNX file
_MOST_JSON_BYTES = 64 << 20
_SAFE_NAME = re.compile(r"(gallery/)?[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
MEND = "Copy the whole model folder again, or train it again."
MADE_WITH = ("backbone", "masks", "preprocessing")


@dataclass(frozen=True)
class Manifest:
    """The contents of bundle.json.

    Attributes:
        name: short name, unique among a user's models.
        options: of the network, or of the imported classifier; its classes are the bundle's.
        negative_class: the class that means "nothing found", or None.
        preprocessing: as ``Preprocessing.to_json`` wrote it.
        temperature: divides the logits before the softmax.
        threshold: on 1 - p(negative class), or None.
        thresholds: of a multi-label model, and of no other: class name to the probability from
            which it is called.
        offsets: of the same: class name to the log-odds that are added once the logit was divided
            by the temperature (Platt 1999).
        closest_similarity_floor: below it "no prototype is close"; 0 without prototypes.
        card: the model card.
        files: path inside the folder to SHA-256, for every file but bundle.json.
        parts: SHA-256 of the stored tensors of each part of the network.
        prototypes_made_with: of "backbone", "masks" and "preprocessing", as they were when the
            prototypes were made; empty without prototypes.
        changes: from the first ancestor to this bundle, oldest first; none where it came straight
            from training.
        support: the limits of the gate's distance; None in a bundle that has none.
        reader: of the mask reader; None in a bundle that has none.
        codes: class name to its code in reports for other systems; classes may have none.
        rows: what a bundle that takes rows of a table makes images of, and how; None in one that
            takes images.
    """

    name: str
    options: NetworkOptions
    negative_class: str | None
    preprocessing: dict[str, Any]
    temperature: float
    threshold: float | None
    closest_similarity_floor: float
    card: ModelCard
    files: dict[str, str]
    parts: dict[str, str]
    prototypes_made_with: dict[str, str]
    thresholds: dict[str, float] | None = None
    offsets: dict[str, float] | None = None
    changes: tuple[Change, ...] = ()
    support: SupportLimits | None = None
    reader: ReaderFacts | None = None
    codes: Mapping[str, ClassCode] = field(default_factory=dict)
    rows: RowImages | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError("a bundle needs a name")
        if self.negative_class is not None and self.negative_class not in self.options.classes:
            raise ValueError(f"the negative class {self.negative_class!r} is none of the classes")
        if not _is_number(self.temperature) or self.temperature <= 0:
            raise ValueError("the temperature must be a positive number")
        if self.threshold is not None:
            if self.negative_class is None:
                raise ValueError("a threshold needs a negative class")
            if not _is_number(self.threshold) or not 0 <= self.threshold <= 1:
                raise ValueError("the threshold must lie between 0 and 1")
        self._check_thresholds()
        if not _is_number(self.closest_similarity_floor):
            raise ValueError("closest_similarity_floor must be a number")
        if not isinstance(self.preprocessing, dict):
            raise ValueError("preprocessing must be a JSON object")
        _check_hashes(self.parts, self.options.parts)
        _check_hashes(self.prototypes_made_with, MADE_WITH if self.options.prototype_ids else ())
        _check_hashes(self.files)
        for name in self.files:
            if not _SAFE_NAME.fullmatch(name) or name == MANIFEST:
                raise ValueError(f"{name!r} cannot be the name of a bundle's file")
        for name in (MODEL, PROTOTYPES, GALLERY):
            if name not in self.files:
                raise ValueError(f"it does not list {name}")
        for change in self.changes[-1:]:  # earlier ones may be of prototypes that are gone
            if not {*change.off, *change.required} <= set(self.options.prototype_ids):
                raise ValueError("its last change names a prototype that it does not have")
        if (self.support is None) != (SUPPORT not in self.files):
            raise ValueError(f"the limits of a gate and {SUPPORT} go together")
        if (self.reader is None) != (READER not in self.files):
            raise ValueError(f"the facts of a mask reader and {READER} go together")
        if self.rows is None and SOURCE_ROWS in self.files:
            raise ValueError(f"{SOURCE_ROWS} is of a bundle that takes rows")
        if self.rows is not None and self.rows.encoding.size != self.options.image_size:
            raise ValueError("the encoding of rows makes images of another size")
        check_codes(self.codes, self.options.classes)
        if (GRAPH in self.files) != (getattr(self.options, "source", "") == "onnx"):
            raise ValueError(f"a classifier of an ONNX file and {GRAPH} go together")

    @property
    def off(self) -> tuple[str, ...]:
        """Ids of the prototypes that are switched off."""
        return self.changes[-1].off if self.changes else ()

    @property
    def display_name(self) -> str:
        """The name in safe characters, whatever an older version wrote."""
        return safe_name(self.name)

    def _check_thresholds(self) -> None:
        for by_class in (self.thresholds, self.offsets):
            if self.options.multi_label != (by_class is not None):
                raise ValueError(
                    "a multi-label model, and no other, needs a threshold and an offset for each "
                    "class"
                )
        if self.thresholds is None or self.offsets is None:
            return
        if self.negative_class is not None or self.threshold is not None:
            raise ValueError("a multi-label model has no negative class and no single threshold")
        if not set(self.thresholds) == set(self.offsets) == set(self.options.classes):
            raise ValueError("thresholds and offsets do not name the classes")
        if not all(map(_is_number, self.offsets.values())):
            raise ValueError("an offset must be a number")
        if not all(_is_number(t) and 0 <= t <= 1 for t in self.thresholds.values()):
            raise ValueError("a threshold must lie between 0 and 1")

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the digest."""
        values: dict[str, Any] = {
            "format": self._format,
            "name": self.name,
            "classes": list(self.options.classes),
            "negative_class": self.negative_class,
            "options": self.options.to_json(),
            "preprocessing": self.preprocessing,
            "temperature": self.temperature,
            "threshold": self.threshold,
            "closest_similarity_floor": self.closest_similarity_floor,
            "card": self.card.to_json(),
            "files": self.files,
            "parts": self.parts,
            "prototypes_made_with": self.prototypes_made_with,
        }
        if self.thresholds is not None:
            values |= {"thresholds": self.thresholds, "offsets": self.offsets}
        if self.changes:
            values["changes"] = [change.to_json() for change in self.changes]
        if self.support is not None:
            values |= {"support": self.support.to_json()}
        if self.reader is not None:
            values |= {"reader": self.reader.to_json()}
        if self.codes:
            values |= {"codes": codes_to_json(self.codes)}
        if self.rows is not None:
            values |= {"rows": self.rows.to_json()}
        return values

    @property
    def _format(self) -> int:
        """The oldest that has all that this bundle has."""
        is_pruned = any(change.kind == "pruned" for change in self.changes)
        is_other = self.rows is not None or isinstance(self.options, ConceptOptions)
        if is_other or is_pruned or NEAREST in self.files:
            return 5
        if self.codes or isinstance(self.options, ClassifierOptions):
            return 4
        if self.reader is not None:
            return 3
        return 2 if self.support or self.card.scope or self.changes else 1

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest and, through its hashes, of the whole bundle."""
        return json_digest(self.to_json())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write bundle.json, the digest of its own contents included."""
    write_json(folder / MANIFEST, {**manifest.to_json(), "digest": manifest.digest})


def write_json(path: Path, value: Any) -> None:
    """Indented JSON, so that a change can be read in a diff."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, lambda stream: stream.write((text + "\n").encode()))


def read_json(path: Path) -> Any:
    """A JSON file of a bundle, without the numbers that JSON does not have.

    Raises:
        UnusableBundle: it is missing, a link, too large or not JSON.
    """
    try:
        if path.is_symlink() or path.stat().st_size > _MOST_JSON_BYTES:
            raise UnusableBundle(f"{path.name} in {path.parent} is a link or too large. {MEND}")
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant)
    except (OSError, ValueError, RecursionError) as error:
        raise UnusableBundle(f"{path} cannot be read ({error}). {MEND}") from error


def read_manifest(folder: Path) -> Manifest:
    """Read and check bundle.json by itself.

    Raises:
        UnusableBundle: there is none, it is of another format, or it was altered.
    """
    if not (folder / MANIFEST).is_file():
        raise UnusableBundle(
            f"{folder} holds no model: it has no {MANIFEST}. Give the folder that training wrote."
        )
    data = read_json(folder / MANIFEST)
    if not isinstance(data, dict) or data.get("format") not in FORMATS:
        stored_format = data.get("format") if isinstance(data, dict) else None
        raise UnusableBundle(
            f"The model in {folder} is of format {stored_format!r}, this version reads "
            f"{FORMATS[0]} to {FORMATS[-1]}. "
            "Write it again with this version."
        )
    try:
        digest = data.pop("digest")
        whole = json_digest(data) == digest
        classes = data.pop("classes")
        manifest = _manifest(data)
        if tuple(classes) != manifest.options.classes:
            raise ValueError("its classes are not those of its options")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UnusableBundle(
            f"{MANIFEST} of the model in {folder} cannot be used ({error}). {MEND}"
        ) from error
    if not whole:
        raise UnusableBundle(f"{MANIFEST} of the model in {folder} was altered. {MEND}")
    return manifest


def _manifest(data: dict[str, Any]) -> Manifest:
    fields = {key: value for key, value in data.items() if key != "format"}
    fields["options"] = _options(data["options"])
    fields["card"] = ModelCard.from_json(data["card"])
    fields["changes"] = tuple(map(Change.from_json, data.get("changes", ())))
    if "support" in data:
        fields["support"] = SupportLimits.from_json(data["support"])
    if "reader" in data:
        fields["reader"] = ReaderFacts.from_json(data["reader"])
    if "codes" in data:
        fields["codes"] = class_codes(data["codes"])
    if "rows" in data:
        fields["rows"] = RowImages.from_json(data["rows"])
    return Manifest(**fields)


def _options(data: Mapping[str, Any]) -> NetworkOptions:
    if "source" in data:
        return ClassifierOptions.from_json(data)
    if "concepts" in data:
        return ConceptOptions.from_json(data)
    return ModelOptions.from_json(data)


def _check_hashes(hashes: Any, keys: tuple[str, ...] | None = None) -> None:
    if not isinstance(hashes, Mapping) or (keys is not None and set(hashes) != set(keys)):
        raise ValueError(f"it needs one hash for each of {keys or 'its files'}")
    for key, value in hashes.items():
        if not isinstance(value, str) or not _SHA256.fullmatch(value):
            raise ValueError(f"the hash of {key} is no SHA-256")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")
