"""iChallenge-PM (PALM, Fang et al. 2024): fundus photographs, pathologic myopia or not.

The first letter of a file's name is its class: P pathologic myopia, H high myopia, N normal.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from training.datasets.samples import Dataset, Sample
from training.datasets.tables import existing_folder, no_images_error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ORIGIN = (
    "the training set of iChallenge-PM (ichallenges.grand-challenge.org): PALM-Training400/ with "
    "H0001.jpg, N0001.jpg, P0001.jpg and so on, and its masks, Lesion_Masks/Atrophy/P0001.bmp"
)
LICENCE = "iChallenge-PM (Fang et al., Sci. Data 2024), registration required."
NOTE = "The file names name no patients: each photograph was taken for a patient of its own."
CLASSES = ("no pathologic myopia", "pathologic myopia")
_KINDS = {"H": 0, "N": 0, "P": 1}
_LESIONS = ("Atrophy", "Detachment")


def load(root: Path) -> Dataset:
    """The photographs under ``root``, however deep its archives were unpacked.

    Raises:
        ReadableError: the folder or every photograph is missing.
    """
    existing_folder(root, ORIGIN)
    masks: dict[str, list[Path]] = {}
    for kind in _LESIONS:
        for path in sorted(root.rglob(f"{kind}/*.bmp")):
            masks.setdefault(path.stem, []).append(path)
    samples = []
    for path in sorted(root.rglob("*.jpg")):
        kind, digits = path.stem[:1], path.stem[1:]
        if kind in _KINDS and len(digits) == 4 and digits.isdigit():
            lesions = masks.get(path.stem)
            samples.append(
                Sample(
                    path.stem,
                    path,
                    path.stem,
                    _KINDS[kind],
                    mask=partial(_mask, tuple(lesions)) if lesions else None,
                )
            )
    if not samples:
        raise no_images_error(root, "photograph", ORIGIN)
    return Dataset("palm", CLASSES, CLASSES[0], tuple(samples), LICENCE, NOTE)


def _mask(paths: tuple[Path, ...]) -> NDArray[np.bool_]:
    """Atrophy and detachment together; a lesion is black on white."""
    import numpy as np
    from PIL import Image

    lesions = []
    for path in paths:
        with Image.open(path) as image:
            lesions.append(np.asarray(image.convert("L")) < 128)
    return np.logical_or.reduce(lesions)
