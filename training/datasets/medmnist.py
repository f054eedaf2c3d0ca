"""MedMNIST (Yang et al. 2023): one .npz file with the images, labels and split of a set."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dprotonet.errors import ReadableError
from training.datasets.samples import Dataset, Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dprotonet.images.types import GrayOrColourImage

ORIGIN = (
    "a .npz file of MedMNIST (medmnist.com, doi:10.5281/zenodo.10519652), such as breastmnist.npz"
)
NOTE = "The file names no patients: each image was taken for a patient of its own."
_ORGANS = (
    *("bladder", "femur-left", "femur-right", "heart", "kidney-left", "kidney-right", "liver"),
    *("lung-left", "lung-right", "pancreas", "spleen"),
)
CLASSES: dict[str, tuple[str, ...]] = {
    "chestmnist": (
        *("atelectasis", "cardiomegaly", "effusion", "infiltration", "mass", "nodule", "pneumonia"),
        *("pneumothorax", "consolidation", "edema", "emphysema", "fibrosis", "pleural", "hernia"),
    ),
    "dermamnist": (
        *("actinic keratoses and intraepithelial carcinoma", "basal cell carcinoma"),
        *("benign keratosis-like lesions", "dermatofibroma", "melanoma", "melanocytic nevi"),
        "vascular lesions",
    ),
    "octmnist": ("choroidal neovascularization", "diabetic macular edema", "drusen", "normal"),
    "pneumoniamnist": ("normal", "pneumonia"),
    "breastmnist": ("malignant", "normal, benign"),
    "organamnist": _ORGANS,
    "organcmnist": _ORGANS,
    "organsmnist": _ORGANS,
}
"""Names by label, as the authors' medmnist/info.py gives them; the .npz files hold numbers only."""
_SPLITS = {"train": "train", "val": "validation", "test": "test"}


def load(path: Path) -> Dataset:
    """The images of one file, or of the only .npz file in a folder.

    Raises:
        ReadableError: there is no such file, or it has other arrays.
    """
    arrays = _arrays(_file(path))
    samples, count = [], 0
    for short, split in _SPLITS.items():
        images, labels = arrays[f"{short}_images"], arrays[f"{short}_labels"]
        if labels.ndim != 2 or len(labels) != len(images):
            raise ReadableError(
                f"{path.name} does not give each of its images a row of labels. Expected {ORIGIN}."
            )
        multi_label = labels.shape[1] > 1  # one column for each class, as in chestmnist
        count = max(count, labels.shape[1] if multi_label else int(labels.max()) + 1)
        for i, label in enumerate(labels.tolist()):
            name = f"{short}-{i:06d}"
            samples.append(
                Sample(
                    name,
                    None,
                    name,
                    -1 if multi_label else int(label[0]),
                    official_split=split,  # type: ignore[arg-type]
                    make=partial(_image, images[i]),
                    labels=tuple(k for k, present in enumerate(label) if present)
                    if multi_label
                    else None,
                )
            )
    name = _file(path).stem
    names = CLASSES.get(name.split("_")[0], ())  # larger images lie in breastmnist_224.npz
    classes = names if len(names) == count else tuple(f"class {k}" for k in range(count))
    negative = "normal" if "normal" in classes and not multi_label else None
    return Dataset(name, classes, negative, tuple(samples), "See medmnist.com.", NOTE)


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

    from dprotonet.images.reader import read_image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return read_image(file.getvalue())
