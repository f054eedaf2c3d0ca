"""The training patches nearest to each prototype, as a bundle keeps them for a page.

nearest.json, in bundles of networks that compare single patches (ProtoPNet). Pictures of the images
lie below gallery/, each once, where they may be passed on. No torch here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dprotonet.bundle.manifest import NEAREST, Manifest, read_json
from dprotonet.prototypes.own_map import OwnMap

Box = tuple[int, int, int, int]
"""Top, left, bottom and right in pixels of the network's square; bottom and right lie outside."""


@dataclass(frozen=True)
class NearestPatch:
    """One of the training images that have the patches nearest to a prototype.

    Attributes:
        prototype: its id.
        sample_id: of the training image.
        image_sha256: of the training image's file.
        classes: that the image has.
        similarity: of its nearest patch to the prototype.
        box: around the patch, see :func:`dprotonet.prototypes.activation_map.patch_box`.
        activation: how similar its cells are to the prototype, from the least (0) to the most; None
            where all are alike.
        picture: the image, or None where it may not be passed on.
    """

    prototype: str
    sample_id: str
    image_sha256: str
    classes: tuple[str, ...]
    similarity: float
    box: Box
    activation: OwnMap | None = None
    picture: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values; of the picture its name below gallery/."""
        return {
            "prototype": self.prototype,
            "sample_id": self.sample_id,
            "image_sha256": self.image_sha256,
            "classes": list(self.classes),
            "similarity": self.similarity,
            "box": list(self.box),
            "activation": None if self.activation is None else self.activation.to_json(),
            "picture": None if self.picture is None else self.picture.name,
        }


@dataclass(frozen=True, eq=False)
class NearestPictures:
    """What to save of the nearest patches.

    Attributes:
        patches: of every prototype, in their order, the nearest first; without pictures.
        images: sample id to the PNG bytes of the image; empty where none may be passed on.
    """

    patches: tuple[NearestPatch, ...]
    images: Mapping[str, bytes]


def write_nearest(folder: Path, nearest: NearestPictures) -> list[dict[str, Any]]:
    """Write the pictures, each once, and return the values of nearest.json."""
    names: dict[str, Path] = {}
    for patch in nearest.patches:
        image = nearest.images.get(patch.sample_id)
        if image is not None and patch.sample_id not in names:
            path = folder / "gallery" / f"nearest-{len(names):04d}.png"
            path.write_bytes(image)
            names[patch.sample_id] = path
    patches = (replace(p, picture=names.get(p.sample_id)) for p in nearest.patches)
    return [patch.to_json() for patch in patches]


def read_nearest(folder: Path, manifest: Manifest) -> tuple[NearestPatch, ...]:
    """The patches of nearest.json; none where the bundle keeps none.

    Raises:
        ValueError: a record is of no prototype, or cannot be.
    """
    if NEAREST not in manifest.files:
        return ()
    return tuple(_patch(folder, manifest, data) for data in read_json(folder / NEAREST)["patches"])


def pictures_of(patches: Iterable[NearestPatch]) -> set[str]:
    """Names, as the manifest lists them, of the pictures that these patches use."""
    return {f"gallery/{patch.picture.name}" for patch in patches if patch.picture is not None}


def _patch(folder: Path, manifest: Manifest, data: Mapping[str, Any]) -> NearestPatch:
    if data["prototype"] not in manifest.options.prototype_ids:
        raise ValueError(f"{NEAREST} names the unknown prototype {data['prototype']!r}")
    classes = tuple(map(str, data["classes"]))
    if not set(classes) <= set(manifest.options.classes):
        raise ValueError(f"{NEAREST} names a class that the network does not have")
    top, left, bottom, right = map(int, data["box"])
    side = manifest.options.image_size
    if not (0 <= top < bottom <= side and 0 <= left < right <= side):
        raise ValueError(f"a box of {NEAREST} does not lie in the image")
    activation, picture = data["activation"], data["picture"]
    if picture is not None and f"gallery/{picture}" not in manifest.files:
        raise ValueError(f"{NEAREST} names the file {picture!r}, which the bundle does not list")
    return NearestPatch(
        str(data["prototype"]),
        str(data["sample_id"]),
        str(data["image_sha256"]),
        classes,
        float(data["similarity"]),
        (top, left, bottom, right),
        None if activation is None else OwnMap.from_json(activation),
        None if picture is None else folder / "gallery" / picture,
    )
