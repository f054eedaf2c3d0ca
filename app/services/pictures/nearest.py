"""The training patches nearest to each prototype, each in its image with a box around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.domain.errors import NotFound
from app.domain.permissions import needs
from app.services import galleries
from app.services.pictures.framed import png
from app.services.workplace import Workplace
from dprotonet.explain.patch_picture import with_box, with_map

if TYPE_CHECKING:
    from dprotonet.bundle.sources.nearest import NearestPatch

SIDE = 224  # px


@dataclass(frozen=True)
class ShownPatch:
    """One of the training patches nearest to a prototype."""

    number: int
    """Position among the prototype's nearest patches, the {n} of the route."""
    sample_id: str
    classes: tuple[str, ...]
    """That the training image has."""
    similarity: float
    is_of_its_class: bool
    has_picture: bool


@needs("see cases")
def of_model(workplace: Workplace, digest: str) -> dict[str, tuple[ShownPatch, ...]]:
    """The nearest patches of every prototype by its id, the nearest first; empty for a model that
    compares no patches."""
    bundle = workplace.models.bundle(digest)
    owner = {record.id: record.class_name for record in bundle.prototypes}
    shown: dict[str, tuple[ShownPatch, ...]] = {}
    for patch in bundle.nearest:
        earlier = shown.get(patch.prototype, ())
        one = ShownPatch(
            number=len(earlier),
            sample_id=patch.sample_id,
            classes=patch.classes,
            similarity=patch.similarity,
            is_of_its_class=owner[patch.prototype] in patch.classes,
            has_picture=galleries.has_picture(workplace, digest, patch),
        )
        shown[patch.prototype] = (*earlier, one)
    return shown


@needs("see cases")
def picture(
    workplace: Workplace, digest: str, *, prototype: str, number: int, activation: bool = False
) -> bytes:
    """A PNG of the training image with a box around the patch.

    Args:
        workplace: where.
        digest: of the bundle.
        prototype: its id.
        number: of the patch, see :class:`ShownPatch`.
        activation: under colours that say how similar all places are to the prototype; where the
            image is not at hand they are all there is.

    Raises:
        NotFound: there is no such patch, or neither its image nor its map.
    """
    bundle = workplace.models.bundle(digest)
    patches = [patch for patch in bundle.nearest if patch.prototype == prototype]
    if not 0 <= number < len(patches):
        raise NotFound("This prototype has no such training patch.")
    patch = patches[number]
    image = _image(workplace, digest, patch)
    if image is None and patch.activation is None:
        raise NotFound(
            "This training image has no picture here. Attach them on the Model page, "
            "or with: python -m training gallery BUNDLE --data DIR"
        )
    if patch.activation is not None and (activation or image is None):
        blank = np.zeros((SIDE, SIDE), np.uint8)
        image = with_map(blank if image is None else image, patch.activation)
    assert image is not None
    return png(with_box(image, patch.box, bundle.image_size))


def _image(workplace: Workplace, digest: str, patch: NearestPatch) -> np.ndarray | None:
    path = galleries.picture_path(workplace, digest, patch)
    if path is None:
        return None
    with Image.open(path) as file:
        return np.asarray(file.convert("RGB").resize((SIDE, SIDE)))
