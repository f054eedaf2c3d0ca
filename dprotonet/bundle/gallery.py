"""The records of a bundle that a page shows: prototypes and the source images they come from.

No torch here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dprotonet.bundle.manifest import GALLERY, PROTOTYPES, Manifest, read_json
from dprotonet.prototypes.own_map import OwnMap
from dprotonet.prototypes.provenance import PrototypeRecord


@dataclass(frozen=True)
class GalleryEntry:
    """One source image of a prototype, as the gallery shows it.

    Attributes:
        prototype: its id.
        sample_id: of the training image.
        image_sha256: of the training image's file.
        weight: its fraction of the prototype.
        similarity: to the finished prototype.
        picture: the image, or None where it may not be passed on.
        heatmap: what the prototype looked at in it, by the decoder, or None.
        own_map: where the network looks for the prototype in it; None in bundles of earlier
            versions.
    """

    prototype: str
    sample_id: str
    image_sha256: str
    weight: float
    similarity: float
    picture: Path | None = None
    heatmap: Path | None = None
    own_map: OwnMap | None = None


@dataclass(frozen=True, eq=False)
class GalleryPicture:
    """What to save of one source image of a prototype.

    Attributes:
        prototype: its id.
        sample_id: of one of its sources.
        picture: PNG or JPEG bytes, or None where the image may not be passed on.
        heatmap: PNG bytes, or None.
        own_map: of the prototype in it, or None. Its cells stand in gallery.json itself: they are
            few, and a file that an earlier version does not know would be refused by it.
    """

    prototype: str
    sample_id: str
    picture: bytes | None = None
    heatmap: bytes | None = None
    own_map: OwnMap | None = None


def read_prototypes(folder: Path, manifest: Manifest) -> tuple[PrototypeRecord, ...]:
    """The records of prototypes.json, one for each prototype of the network."""
    data = read_json(folder / PROTOTYPES)
    records = tuple(PrototypeRecord.from_json(record) for record in data["prototypes"])
    options = manifest.options
    names = (options.classes[k] for k in options.prototype_classes)
    expected = list(zip(options.prototype_ids, names, options.prototype_kinds, strict=True))
    if [(record.id, record.class_name, record.kind) for record in records] != expected:
        raise ValueError(f"{PROTOTYPES} names other prototypes than the network has")
    return records


def read_gallery(
    folder: Path, manifest: Manifest, others: Collection[str] = ()
) -> tuple[GalleryEntry, ...]:
    """The entries of gallery.json; every picture that the bundle lists belongs to one.

    Args:
        others: files below gallery/ that are of something else.
    """
    used = {GALLERY, *others}
    entries = []
    for data in read_json(folder / GALLERY)["entries"]:
        if data["prototype"] not in manifest.options.prototype_ids:
            raise ValueError(f"{GALLERY} names the unknown prototype {data['prototype']!r}")
        picture, heatmap = (_path(folder, manifest, data[key]) for key in ("picture", "heatmap"))
        used.update(path.relative_to(folder).as_posix() for path in (picture, heatmap) if path)
        entries.append(
            GalleryEntry(
                str(data["prototype"]),
                str(data["sample_id"]),
                str(data["image_sha256"]),
                float(data["weight"]),
                float(data["similarity"]),
                picture,
                heatmap,
                _own_map(data),
            )
        )
    for name in sorted(manifest.files):
        if name.startswith("gallery/") and name not in used:
            raise ValueError(f"no entry of {GALLERY} uses {name}")
    return tuple(entries)


def _own_map(entry: Mapping[str, Any]) -> OwnMap | None:
    kept = entry.get("own_map")
    return None if kept is None else OwnMap.from_json(kept)


def _path(folder: Path, manifest: Manifest, file: Any) -> Path | None:
    """A path below gallery/, only if the manifest, whose names are checked, lists it too."""
    if file is None:
        return None
    name = f"gallery/{file}"
    if name not in manifest.files or name == GALLERY:
        raise ValueError(f"{GALLERY} names the file {file!r}, which the bundle does not list")
    return folder / name
