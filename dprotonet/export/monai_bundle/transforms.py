"""The two ends of a MONAI bundle's inference: from a file to the network's input, and from its
outputs to a record. Plain callables, as MONAI's Compose takes them; MONAI is not imported.

MONAI's own readers and intensity transforms do not read a DICOM's window, inversion and pixel
aspect as this library does: with them the logits are others. So the bundle names these.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from dprotonet.bundle.scope import Scope
from dprotonet.bundle.support.limits import SupportLimits
from dprotonet.errors import UnreadableImage
from dprotonet.images.file_names import encodable
from dprotonet.images.reader import inspect, read_image
from dprotonet.images.walk import walk
from dprotonet.inference.gate import judged
from dprotonet.inference.prediction import decide
from dprotonet.inference.support import Support
from dprotonet.modeling.preprocessing import Preprocessing

log = logging.getLogger(__name__)


def image_frames(folder: str | Path) -> list[dict[str, Any]]:
    """Every frame of every image below a folder, sorted; what is no image is logged and left out.

    Returns:
        Dictionaries with ``image``, a path, and ``frame``, counted from 0.
    """
    found = []
    for file in walk([Path(folder)]):
        try:
            frames = inspect(file.path).frames
        except UnreadableImage as error:
            log.warning("%s is left out: %s", file.path.name, error)
            continue
        found += [{"image": str(file.path), "frame": frame} for frame in range(frames)]
    return found


class ReadImaged:
    """Reads the frame that a dictionary names, and places it on the network's grid.

    The dictionary gets the tensor ``(3, S, S)`` as ``image`` in place of the path, which becomes
    ``path``, and what the model's scope objects to as ``objections``, a JSON list.

    Args:
        size: side of that grid in pixels.
        mean: of each channel, in [0, 1].
        sd: of each channel, in [0, 1].
        scope: of the model's card; None where it has none.
    """

    def __init__(
        self,
        size: int,
        mean: Sequence[float],
        sd: Sequence[float],
        scope: Mapping[str, Any] | None = None,
    ) -> None:
        self._preprocessing = Preprocessing.from_json({"size": size, "mean": mean, "sd": sd})
        self._scope = None if scope is None else Scope.from_json(scope)

    def __call__(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The image of one dictionary of :func:`image_frames`.

        Raises:
            UnreadableImage: its pixels cannot be read.
        """
        path, frame = str(data["image"]), int(data.get("frame", 0))
        image = read_image(Path(path), frame=frame)
        x, _ = self._preprocessing(image)
        objections = () if self._scope is None else self._scope.objections(image)
        return {
            **data,
            "image": x,
            "path": path,
            "frame": frame,
            "objections": json.dumps(objections),
        }


class Decided:
    """What the model says: label and probabilities, or that it makes no call and why.

    The dictionary gets ``record``, with the keys of this library's own records: ``path``,
    ``frame``, ``supported``, ``prediction``, ``probabilities``, ``support``.

    Args:
        classes: names, in the order of the outputs.
        negative_class: the class that means "nothing found", or None.
        threshold: on 1 - p(negative class), or None.
        thresholds: of a multi-label model: class name to the probability from which it is called.
        support: the limits of the model's gate, or None.
        scope: of the model's card; only whether there is one is asked.
    """

    def __init__(
        self,
        classes: Sequence[str],
        negative_class: str | None = None,
        threshold: float | None = None,
        thresholds: Mapping[str, float] | None = None,
        support: Mapping[str, Any] | None = None,
        scope: Mapping[str, Any] | None = None,
    ) -> None:
        self._classes = tuple(classes)
        self._negative_class, self._threshold = negative_class, threshold
        self._thresholds = None if thresholds is None else dict(thresholds)
        self._limits = None if support is None else SupportLimits.from_json(support)
        self._has_scope = scope is not None

    def __call__(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """One image's outputs, under ``pred`` by their names."""
        outputs: Mapping[str, Tensor] = data["pred"]
        support = self._support(outputs, json.loads(str(data["objections"])))
        values = [float(value) for value in outputs["probabilities"].flatten()]
        probabilities = dict(zip(self._classes, values, strict=True))
        says = support is None or support.supported
        label = decide(
            probabilities,
            negative_class=self._negative_class,
            threshold=self._threshold,
            thresholds=self._thresholds,
        )
        record = {
            "path": encodable(str(data["path"])),
            "frame": int(data["frame"]),
            "supported": says,
            "prediction": label if says else None,
            "probabilities": probabilities if says else None,
            "support": None if support is None else support.to_json(),
        }
        return {**data, "record": record}

    def _support(self, outputs: Mapping[str, Tensor], objections: list[str]) -> Support | None:
        if self._limits is not None:
            return judged(float(outputs["support_distance"]), self._limits, objections)
        if not self._has_scope:
            return None
        return Support("outside" if objections else "inside", reasons=tuple(objections))


class WriteRecords:
    """Writes each record as a line of JSON.

    Args:
        path: of the file, which begins anew with each run; missing folders are made.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text("", encoding="ascii")

    def __call__(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The dictionary as it came."""
        with self._path.open("a", encoding="ascii") as stream:
            stream.write(json.dumps(data["record"], allow_nan=False) + "\n")
        return data
