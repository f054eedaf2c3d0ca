"""The training images that prototypes were made of, and their pictures where there are any."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.cases import GallerySource
from app.domain.errors import NotFound
from app.services.workplace import Workplace

if TYPE_CHECKING:
    from dprotonet.bundle.gallery import GalleryEntry


def of_model(workplace: Workplace, digest: str) -> dict[str, tuple[GallerySource, ...]]:
    """The source images of every prototype of a bundle, by prototype id, heaviest first."""
    sources: dict[str, tuple[GallerySource, ...]] = {}
    for entry in workplace.models.bundle(digest).gallery:
        earlier = sources.get(entry.prototype, ())
        source = GallerySource(
            number=len(earlier),
            sample_id=entry.sample_id,
            image_sha256=entry.image_sha256,
            weight=entry.weight,
            similarity=entry.similarity,
            has_picture=_file(workplace, digest, entry, heatmap=False) is not None,
            has_heatmap=_file(workplace, digest, entry, heatmap=True) is not None,
        )
        sources[entry.prototype] = (*earlier, source)
    return sources


def of_prototype(workplace: Workplace, digest: str, prototype: str) -> tuple[GallerySource, ...]:
    """As ``of_model``, of one prototype."""
    return of_model(workplace, digest).get(prototype, ())


def picture(
    workplace: Workplace, digest: str, *, prototype: str, number: int, heatmap: bool = False
) -> Path:
    """The picture of one source image, or its heatmap.

    Raises:
        NotFound: there is none, as is usual for data sets that may not be passed on.
    """
    gallery = workplace.models.bundle(digest).gallery
    entries = [entry for entry in gallery if entry.prototype == prototype]
    if 0 <= number < len(entries):
        path = _file(workplace, digest, entries[number], heatmap=heatmap)
        if path is not None:
            return path
    raise NotFound(
        "This source image has no picture here. "
        "Attach them with: python -m training gallery BUNDLE --data DIR"
    )


def _file(workplace: Workplace, digest: str, entry: GalleryEntry, *, heatmap: bool) -> Path | None:
    own = entry.heatmap if heatmap else entry.picture
    if own is not None and own.is_file():
        return own
    # Pictures attached later lie beside the data, since the bundle may not be changed.
    ending = "heatmap.png" if heatmap else "png"
    name = f"{entry.prototype}-{entry.image_sha256[:16]}.{ending}"
    attached = (workplace.settings.galleries / home / name for home in _homes(workplace, digest))
    return next((path for path in attached if path.is_file()), None)


def _homes(workplace: Workplace, digest: str) -> list[str]:
    """Digests of a bundle and of those that it came from with its prototypes as they are: pictures
    attached to one of them are those of all."""
    homes = [digest]
    for change in reversed(workplace.models.bundle(digest).changes):
        if change.kind != "last_layer":
            break
        homes.append(change.parent)
    return homes
