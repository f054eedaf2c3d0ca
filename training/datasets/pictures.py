"""Masks that a data set keeps as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def white_mask(path: Path) -> NDArray[np.bool_]:
    """``(H, W)``: where a picture is whiter than middle grey."""
    import numpy as np
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture.convert("L")) > 127
