"""Writing a bundle: beside its place first, checked there, then moved in."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from dprotonet.bundle.bundle import Bundle, GalleryPicture
from dprotonet.bundle.digests import file_digest, json_digest, raw_tensors
from dprotonet.bundle.manifest import (
    GALLERY,
    MANIFEST,
    MODEL,
    PROTOTYPES,
    Manifest,
    part_digests,
    read_manifest,
    write_json,
    write_manifest,
)
from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.names import check_name
from dprotonet.bundle.weights import weights_to_bytes
from dprotonet.errors import UnusableBundle
from dprotonet.modeling.model import DProtoNet
from dprotonet.modeling.preprocessing import Preprocessing
from dprotonet.prototypes.activation_stats import ActivationStatistics
from dprotonet.prototypes.provenance import PrototypeRecord
from dprotonet.prototypes.update import PrototypeUpdate

# Sources listed in the gallery without a picture: the heaviest of each prototype.
_MOST_LISTED = 10
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


@dataclass(frozen=True, eq=False)
class BundleParts:
    """All that a bundle is made of; see :meth:`dprotonet.bundle.bundle.Bundle.save`."""

    name: str
    model: DProtoNet
    preprocessing: Preprocessing
    update: PrototypeUpdate
    statistics: ActivationStatistics
    card: ModelCard
    negative_class: str | None
    temperature: float
    threshold: float | None
    thresholds: dict[str, float] | None
    offsets: dict[str, float] | None
    gallery: tuple[GalleryPicture, ...]
    half_precision: bool

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


def save_bundle(directory: Path, parts: BundleParts) -> None:
    """Write the folder under another name, load it as a check, and put it in its place."""
    _check_target(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    staged = directory.parent / f".{directory.name}.{uuid.uuid4().hex}"
    try:
        (staged / "gallery").mkdir(parents=True)
        _write(staged, parts)
        Bundle.load(staged)
        _move_in(staged, directory)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def replace_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace bundle.json in one step. Raises as :func:`check_name` where the name is a new one."""
    if manifest.name != read_manifest(folder).name:  # one that an older version wrote may stay
        check_name(manifest.name)
    write_manifest(folder, manifest)


def _check_target(directory: Path) -> None:
    if not directory.exists():
        return
    if not directory.is_dir() or (
        any(directory.iterdir()) and not (directory / MANIFEST).is_file()
    ):
        raise UnusableBundle(
            f"{directory} is there already and holds no model. Give another folder, or empty it."
        )


def _move_in(staged: Path, directory: Path) -> None:
    """A folder cannot replace a full one in one step: the old one steps aside, and back if the new
    one cannot follow."""
    aside = directory.parent / f".{directory.name}.{uuid.uuid4().hex}"
    replaced = directory.exists()
    if replaced:
        directory.rename(aside)
    try:
        staged.rename(directory)
    except OSError:
        if replaced:
            aside.rename(directory)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _write(folder: Path, parts: BundleParts) -> None:
    options = parts.model.options
    weights = weights_to_bytes(parts.model, half_precision=parts.half_precision)
    (folder / MODEL).write_bytes(weights)
    records = _records(parts)
    write_json(
        folder / PROTOTYPES,
        {
            "kind": parts.update.kind,
            "images": parts.statistics.images,
            "prototypes": [record.to_json() for record in records],
        },
    )
    write_json(folder / GALLERY, {"entries": _write_gallery(folder, parts, records)})
    stored = part_digests(raw_tensors(weights))
    names = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    write_manifest(
        folder,
        Manifest(
            name=parts.name,
            options=options,
            negative_class=parts.negative_class,
            preprocessing=parts.preprocessing.to_json(),
            temperature=float(parts.temperature),
            threshold=None if parts.threshold is None else float(parts.threshold),
            thresholds=parts.thresholds,
            offsets=parts.offsets,
            closest_similarity_floor=parts.statistics.closest_similarity_floor,
            card=parts.card,
            files={name: file_digest(folder / name) for name in sorted(names)},
            parts=stored,
            # As stored, which half precision may have rounded; that they are the ones the update
            # was made with was checked before.
            prototypes_made_with={
                "backbone": stored["backbone"],
                "masks": stored["masks"],
                "preprocessing": json_digest(parts.preprocessing.to_json()),
            },
        ),
    )


def _records(parts: BundleParts) -> list[PrototypeRecord]:
    options = parts.model.options
    return [
        PrototypeRecord(name, options.classes[k], sources, activation)
        for name, k, sources, activation in zip(
            options.prototype_ids,
            options.prototype_classes,
            parts.update.sources,
            parts.statistics.prototypes,
            strict=True,
        )
    ]


def _write_gallery(
    folder: Path, parts: BundleParts, records: list[PrototypeRecord]
) -> list[dict[str, Any]]:
    pictures = {(p.prototype, p.sample_id): p for p in parts.gallery}
    entries = []
    for record in records:
        for number, source in enumerate(record.sources):
            key = (record.id, source.sample_id)
            if key not in pictures and number >= _MOST_LISTED:
                continue
            picture = pictures.pop(key, GalleryPicture(*key))
            stem = f"{record.id}-{number:02d}"
            entries.append(
                {
                    "prototype": record.id,
                    "sample_id": source.sample_id,
                    "image_sha256": source.image_sha256,
                    "weight": source.weight,
                    "similarity": source.similarity,
                    "picture": _write_picture(folder, stem, picture.picture),
                    "heatmap": _write_picture(folder, f"{stem}.heatmap", picture.heatmap),
                }
            )
    for prototype, sample in pictures:
        raise ValueError(f"{sample!r} is no source of the prototype {prototype!r}.")
    return entries


def _write_picture(folder: Path, stem: str, data: bytes | None) -> str | None:
    if data is None:
        return None
    if data.startswith(_PNG):
        ending = "png"
    elif data.startswith(_JPEG):
        ending = "jpg"
    else:
        raise ValueError("Gallery pictures must be PNG or JPEG.")
    (folder / "gallery" / f"{stem}.{ending}").write_bytes(data)
    return f"{stem}.{ending}"
