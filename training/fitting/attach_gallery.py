"""Put the pictures of prototype sources beside the application's data, never into the bundle."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.gallery import GalleryEntry
from dprotonet.bundle.sources.nearest import NearestPatch
from dprotonet.errors import ReadableError
from dprotonet.modeling.preprocessing import Preprocessing
from training.datasets.registry import open_dataset
from training.evaluation.evaluate import recipe_of
from training.io import png

_log = logging.getLogger(__name__)
SIDE = 448  # px, of a picture; framed as the network sees the image, so that heatmaps lie on it


def application_data() -> Path:
    """The application's data folder: DPROTONET_DATA, or the usual one below the home folder.

    The variable and ``galleries/DIGEST/PROTOTYPE-SHA256.png`` in the folder are an interface that
    the application documents; nothing of it is imported here.
    """
    folder = os.environ.get("DPROTONET_DATA")
    return Path(folder) if folder else Path.home() / ".local" / "share" / "dprotonet-review"


def attach(bundle: Bundle, data: Path | None, application: Path) -> int:
    """Write one PNG for each source that the bundle's gallery lists, and each nearest patch.

    Args:
        data: the data set that the bundle was trained on.
        application: the application's data folder.

    Returns:
        Number of pictures.

    Raises:
        ReadableError: a source is missing, or its file is not the one of training.
    """
    samples = {s.sample_id: s for s in open_dataset(recipe_of(bundle), data).samples}
    folder = application / "galleries" / bundle.digest
    folder.mkdir(parents=True, exist_ok=True)
    preprocessing = Preprocessing(size=SIDE)
    pictures: dict[str, bytes] = {}
    files: set[Path] = set()
    entries: list[GalleryEntry | NearestPatch] = [*bundle.gallery, *bundle.nearest]
    for entry in entries:
        sample = samples.get(entry.sample_id)
        if sample is None:
            raise ReadableError(
                f"{data} has no image {entry.sample_id}, a source of prototype {entry.prototype}. "
                "Give the data that the bundle was trained on."
            )
        if entry.sample_id not in pictures:
            image = sample.load()
            if sample.image_sha256(image) != entry.image_sha256:
                raise ReadableError(
                    f"The image {entry.sample_id} is not the file that the bundle was trained on. "
                    "Give the same files as in training."
                )
            unit, _ = preprocessing.place(image)
            pictures[entry.sample_id] = png(
                unit.mul(255).round().byte()[: 3 if image.is_colour else 1]
            )
        file = folder / f"{entry.prototype}-{entry.image_sha256[:16]}.png"
        file.write_bytes(pictures[entry.sample_id])
        files.add(file)
    _log.info("wrote %d pictures to %s", len(files), folder)
    return len(files)
