"""MedMNIST (Yang et al. 2023): one .npz file with the images, labels and split of a set."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dprotonet.errors import ReadableError
from training.datasets.samples import Dataset, Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dprotonet.images import GrayOrColourImage

ORIGIN = (
    "a .npz file of MedMNIST (medmnist.com, doi:10.5281/zenodo.10519652), such as breastmnist.npz"
)
NOTE = "The file names no patients: each image was taken for a patient of its own."
_SPLITS = {"train": "train", "val": "validation", "test": "test"}


def load(path: Path) -> Dataset:
    """The images of one file, or of the only .npz file in a folder.

    Raises:
        ReadableError: there is no such file, or it has other arrays.
    """
    arrays = _arrays(_file(path))
    samples, highest = [], 0
    for short, split in _SPLITS.items():
        images, labels = arrays[f"{short}_images"], arrays[f"{short}_labels"]
        if labels.ndim != 2 or labels.shape[1] != 1:
            raise ReadableError(
                f"{path.name} gives an image {labels.shape[-1]} labels at once. "
                "Give a set with one label for each image."
            )
        highest = max(highest, int(labels.max()))
        for i, label in enumerate(labels[:, 0].tolist()):
            name = f"{short}-{i:06d}"
            samples.append(
                Sample(
                    name,
                    None,
                    name,
                    int(label),
                    official_split=split,  # type: ignore[arg-type]
                    make=partial(_image, images[i]),
                )
            )
    classes = tuple(f"class {k}" for k in range(highest + 1))
    return Dataset(_file(path).stem, classes, None, tuple(samples), "See medmnist.com.", NOTE)


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    files = sorted(path.glob("*.npz")) if path.is_dir() else []
    if len(files) != 1:
        raise ReadableError(f"{path} holds {len(files)} .npz files. Expected {ORIGIN}.")
    return files[0]


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    import numpy as np

    names = [f"{short}_{what}" for short in _SPLITS for what in ("images", "labels")]
    try:
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in names if name not in file]
            if missing:
                raise ReadableError(f"{path.name} has no array {missing[0]!r}. Expected {ORIGIN}.")
            return {name: file[name] for name in names}
    except (OSError, ValueError) as error:
        raise ReadableError(f"{path} cannot be read ({error}). Expected {ORIGIN}.") from error


def _image(pixels: NDArray[Any]) -> GrayOrColourImage:
    """An 8-bit grey ``(H, W)`` or colour ``(H, W, 3)`` image, read as its PNG file would be."""
    import io

    from PIL import Image

    from dprotonet import images

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return images.read(file.getvalue())
