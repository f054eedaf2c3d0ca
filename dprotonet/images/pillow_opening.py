"""Opening a file with Pillow as the one format that its first bytes show."""

from __future__ import annotations

import warnings
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from dprotonet.errors import UnreadableImage
from dprotonet.images.types import ImageFormat


def open_with_pillow(stream: BinaryIO, kind: ImageFormat) -> Image.Image:
    """Open a file as the one format that its first bytes show.

    Raises:
        UnreadableImage: damaged, or too large.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return Image.open(stream, formats=(kind.upper(),))
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise UnreadableImage(
                "The image states more pixels than are read. Export it at a smaller size."
            ) from error
        except UnidentifiedImageError as error:
            raise UnreadableImage(
                f"This {kind.upper()} file is damaged or of a kind that cannot be decoded here."
                " Export it again."
            ) from error
