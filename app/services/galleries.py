"""The training images that prototypes were made of, and their pictures where there are any."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.domain.cases import GallerySource
from app.domain.errors import NotFound
from app.domain.permissions import needs, within
from app.services.models import same_prototypes
from app.services.workplace import Workplace

if TYPE_CHECKING:
    from dprotonet.bundle.gallery import GalleryEntry
    from dprotonet.prototypes.own_map import OwnMap


class Pictured(Protocol):
    """A training image that a bundle names for one of its prototypes."""

    @property
    def prototype(self) -> str:
        """Its id."""

    @property
    def sample_id(self) -> str:
        """Of the training image."""

    @property
    def image_sha256(self) -> str:
        """Of the training image's file."""

    @property
    def picture(self) -> Path | None:
        """The bundle's own; None where the image may not be passed on."""


@needs("see cases")
def of_model(workplace: Workplace, digest: str) -> dict[str, tuple[GallerySource, ...]]:
    """The source images of every prototype of a bundle, by prototype id, heaviest first."""
    sources: dict[str, tuple[GallerySource, ...]] = {}
    homes = _homes(workplace, digest)
    for entry in workplace.models.bundle(digest).gallery:
        earlier = sources.get(entry.prototype, ())
        source = GallerySource(
            number=len(earlier),
            sample_id=entry.sample_id,
            image_sha256=entry.image_sha256,
            weight=entry.weight,
            similarity=entry.similarity,
            has_picture=_file(homes, entry, heatmap=False) is not None,
            has_heatmap=_file(homes, entry, heatmap=True) is not None,
            has_own_map=entry.own_map is not None,
            place="" if entry.own_map is None else entry.own_map.cells.hex(),
        )
        sources[entry.prototype] = (*earlier, source)
    return sources


@needs("see cases")
def of_prototype(workplace: Workplace, digest: str, prototype: str) -> tuple[GallerySource, ...]:
    """As ``of_model``, of one prototype."""
    return of_model(workplace, digest).get(prototype, ())


@needs("see cases")
def picture(
    workplace: Workplace, digest: str, *, prototype: str, number: int, heatmap: bool = False
) -> Path:
    """The picture of one source image, or its heatmap.

    Raises:
        NotFound: there is none, as is usual for data sets that may not be passed on.
    """
    entry = _entry(workplace, digest, prototype, number)
    homes = _homes(workplace, digest)
    path = None if entry is None else _file(homes, entry, heatmap=heatmap)
    if path is None:
        raise NotFound(
            "This source image has no picture here. Attach them on the Model page, "
            "or with: python -m training gallery BUNDLE --data DIR"
        )
    return path


@needs("see cases")
def own_map(workplace: Workplace, digest: str, *, prototype: str, number: int) -> OwnMap:
    """Where the network looks for the prototype in one source image.

    Raises:
        NotFound: it is not kept, as in bundles of earlier versions.
    """
    entry = _entry(workplace, digest, prototype, number)
    if entry is None or entry.own_map is None:
        raise NotFound(
            "The model keeps no map of this source image. Models that are trained from this "
            "version on keep them."
        )
    return entry.own_map


def _entry(workplace: Workplace, digest: str, prototype: str, number: int) -> GalleryEntry | None:
    gallery = workplace.models.bundle(digest).gallery
    entries = [entry for entry in gallery if entry.prototype == prototype]
    return entries[number] if 0 <= number < len(entries) else None


@within
def has_picture(workplace: Workplace, digest: str, entry: Pictured) -> bool:
    """Is there a picture of this training image, of the bundle or attached?"""
    return picture_path(workplace, digest, entry) is not None


@within
def picture_path(workplace: Workplace, digest: str, entry: Pictured) -> Path | None:
    """The picture of a training image, of the bundle or attached; None where there is none."""
    return _found(_homes(workplace, digest), entry, entry.picture, heatmap=False)


@within
def pictured(workplace: Workplace, digest: str) -> tuple[Pictured, ...]:
    """The training images of a bundle that pages show: sources, and nearest patches."""
    bundle = workplace.models.bundle(digest)
    return (*bundle.gallery, *bundle.nearest)


@within
def attached_path(
    workplace: Workplace, digest: str, entry: Pictured, *, heatmap: bool = False
) -> Path:
    """Where an attached picture lies: beside the data, since the bundle may not be changed."""
    return _home(workplace, digest) / _attached_name(entry, heatmap=heatmap)


def _home(workplace: Workplace, digest: str) -> Path:
    return workplace.settings.galleries / digest


def _homes(workplace: Workplace, digest: str) -> tuple[Path, ...]:
    """The folders in which a bundle's attached pictures may lie."""
    return tuple(_home(workplace, same) for same in same_prototypes(workplace, digest))


def _attached_name(entry: Pictured, *, heatmap: bool) -> str:
    ending = "heatmap.png" if heatmap else "png"
    # A bundle may come from anywhere: what is no hash may not lead out of the folder.
    sha256 = re.sub(r"[^0-9a-f]", "", entry.image_sha256)
    return f"{entry.prototype}-{sha256[:16]}.{ending}"


def _file(homes: tuple[Path, ...], entry: GalleryEntry, *, heatmap: bool) -> Path | None:
    own = entry.heatmap if heatmap else entry.picture
    return _found(homes, entry, own, heatmap=heatmap)


def _found(
    homes: tuple[Path, ...], entry: Pictured, own: Path | None, *, heatmap: bool
) -> Path | None:
    if own is not None and own.is_file():
        return own
    name = _attached_name(entry, heatmap=heatmap)
    return next((home / name for home in homes if (home / name).is_file()), None)
