"""Thumbnails: a case's image, small and grey, as the viewer shows it at first.

The worker makes one in the pass that predicts, where the pixels are decoded anyway; of a case
without a prediction, or of an earlier version, it is made when it is first asked for. It is kept as
a blob with the case and goes with it. Nothing that a model says is ever drawn into it.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from PIL import Image

from app.domain.errors import Missing
from app.domain.permissions import needs, within
from app.services import originals
from app.services.pictures import of_case
from app.services.workplace import Workplace
from app.store.files.blobs import Staged

if TYPE_CHECKING:
    from dprotonet.images.types import GrayOrColourImage

LONG_SIDE = 112  # pixels: two for each that the list shows
QUALITY = 82  # of the JPEG: some 2 kB
_SAMPLED = 4 * LONG_SIDE  # more pixels than this to a side cost time and cannot be told apart


@needs("see cases")
def thumbnail(workplace: Workplace, case_id: str) -> bytes:
    """The thumbnail of a case, a grey JPEG; of several frames it is the first.

    Raises:
        NotFound: the case was deleted.
        ReadableError: there is none yet, and the stored file cannot be decoded.
    """
    with workplace.store.read() as tx:
        case = tx.cases.get(case_id)
        key = tx.cases.thumbnail(case_id)
    if key is not None:
        try:
            return workplace.blobs.read(key)
        except Missing:
            pass  # it can be made again
    image = of_case.read(workplace, case)
    made = drawn(image)
    staged = workplace.blobs.stage(made)
    try:
        with originals.keeping(workplace) as (tx, keep):
            tx.cases.get(case_id)  # deleted meanwhile: nothing is kept
            tx.cases.set_thumbnail(case_id, keep(staged))
    finally:
        workplace.blobs.discard(staged)
    return made


@within
def staged_thumbnail(workplace: Workplace, image: GrayOrColourImage) -> Staged:
    """A thumbnail that lies ready to be kept with other rows of its case."""
    return workplace.blobs.stage(drawn(image))


def drawn(image: GrayOrColourImage) -> bytes:
    """An image as a grey JPEG in its default window, its longer side of :data:`LONG_SIDE` pixels
    at most."""
    rows, columns = image.shape
    step = max(1, max(rows, columns) // _SAMPLED)
    sampled = replace(
        image,
        pixels=image.pixels[::step, ::step],
        padding=None if image.padding is None else image.padding[::step, ::step],
    )
    height, width = rows * image.pixel_aspect, float(columns)
    scale = min(1.0, LONG_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    picture = Image.fromarray(sampled.display()).convert("L")
    out = io.BytesIO()
    picture.resize(size, Image.Resampling.BOX).save(out, format="JPEG", quality=QUALITY)
    return out.getvalue()
