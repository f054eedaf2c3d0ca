"""Records on standard output: JSON Lines or CSV, one for each frame, each flushed at once."""

import csv
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TextIO

from dprotonet.cli.inputs import ImageFrame, Problem
from dprotonet.images.file_names import encodable, path_bytes
from dprotonet.inference.prediction import Prediction
from dprotonet.inference.site_settings import SiteStamp

MATCHES = 10
"""How many prototypes a record names: those that moved the predicted class's logit most."""

SKIPPED = "skipped: "
"""How the CSV's error begins for a file that is no image and therefore no failure."""


class PredictionWriter(Protocol):
    """A format in which predictions are written."""

    def prediction(self, image: ImageFrame, prediction: Prediction) -> None:
        """Write one frame's prediction."""

    def problem(self, problem: Problem) -> None:
        """Write why there is none."""


def prediction_record(image: ImageFrame, prediction: Prediction) -> dict[str, Any]:
    """One frame as it stands in the JSON Lines.

    Of an image outside of the model's support, ``prediction``, ``probabilities`` and the
    contributions are null, and ``support`` has the reasons in words.
    """
    return {
        **image_record(image),
        **support_record(prediction),
        "threshold": prediction.threshold,
        **({} if prediction.thresholds is None else {"thresholds": dict(prediction.thresholds)}),
        **({} if prediction.site is None else {"site": _site_record(prediction.site)}),
        "matches": [
            {
                "prototype": match.prototype,
                "class": match.class_name,
                "similarity": match.similarity,
                "contribution": None if prediction.label is None else match.contribution,
            }
            # Prediction.matches is sorted by the size of the contribution, or of the similarity.
            for match in prediction.matches[:MATCHES]
        ],
    }


def _site_record(site: SiteStamp) -> dict[str, Any]:
    """Which settings of a site gave calibration and threshold, in digits and in words."""
    return {**asdict(site), "text": site.text}


def support_record(prediction: Prediction) -> dict[str, Any]:
    """Whether the model is for this image, and what it says of it; null where it says nothing."""
    support = prediction.support
    return {
        "supported": prediction.supported,
        "prediction": prediction.label,
        "probabilities": None if prediction.label is None else dict(prediction.probabilities),
        "support": None if support is None else support.to_json(),
    }


def image_record(image: ImageFrame | Problem) -> dict[str, Any]:
    """The keys that every record begins with.

    Where the path is no text, ``path`` shows the odd bytes as ``%XX``, and ``path_bytes`` has the
    path in hexadecimal digits, to open the file by: ``os.fsdecode(bytes.fromhex(…))``.
    """
    raw = path_bytes(image.source.path)
    # What a reader must know of the image, such as frames that are stated and not there.
    notes = image.image.notes if isinstance(image, ImageFrame) else ()
    row = image.row if isinstance(image, ImageFrame) else None
    return {
        "path": str(image.source.path),
        **({} if raw is None else {"path_bytes": raw}),
        "frame": image.frame,
        "sha256": image.sha256,
        **({"notes": list(notes)} if notes else {}),
        **({} if row is None else {"row": {"line": row.line, "id": row.row_id}}),
    }


def problem_record(problem: Problem) -> dict[str, Any]:
    """A file without a prediction: ``error``, or ``skipped`` where it is no image."""
    key = "skipped" if problem.skipped else "error"
    return {**image_record(problem), key: problem.reason}


def json_text(record: Mapping[str, Any], *, indent: int | None = None) -> str:
    """JSON that every parser reads: ASCII, null where a number is not finite, and ``%XX`` where
    a file's name is no text."""
    # ASCII escapes, so that the terminal's encoding cannot break a line; and no escape of half a
    # character, which some parsers refuse.
    return json.dumps(_plain(record), indent=indent, allow_nan=False)


class JsonLines:
    """JSON Lines: one object a line."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def record(self, record: Mapping[str, Any]) -> None:
        """Write any record."""
        self._stream.write(json_text(record) + "\n")
        self._stream.flush()

    def prediction(self, image: ImageFrame, prediction: Prediction) -> None:
        """Write one frame's prediction."""
        self.record(prediction_record(image, prediction))

    def problem(self, problem: Problem) -> None:
        """Write why there is none."""
        self.record(problem_record(problem))


class FlatTable:
    """CSV: path, frame, sha256, prediction, one column a class, supported, distance, reasons,
    error; and, where predictions are made under a site's settings, their digest as ``site``.

    Of an image outside of the model's support, prediction and classes are empty.
    """

    def __init__(self, stream: TextIO, classes: Sequence[str], *, names_site: bool = False):
        self._stream = stream
        self._classes = tuple(classes)
        self._names_site = names_site
        self._rows = csv.writer(stream, lineterminator="\n")
        head, support = ("path", "frame", "sha256", "prediction"), ("supported", "distance")
        site = ("site",) if names_site else ()
        self._row(*head, *map(inert, classes), *support, "reasons", "error", *site)

    def prediction(self, image: ImageFrame, prediction: Prediction) -> None:
        """Write one frame's prediction."""
        probabilities = map(prediction.probabilities.get, self._classes)
        label, support = inert(prediction.label or ""), prediction.support
        self._row(
            *self._beginning(image),
            label,
            *map(_number, probabilities),
            "true" if prediction.supported else "false",
            _number(support.distance if support else None),
            inert("; ".join(support.reasons)) if support else "",
            "",
            *self._site(prediction),
        )

    def problem(self, problem: Problem) -> None:
        """Write why there is none; a skipped file's reason begins with ``skipped:``."""
        reason = SKIPPED + problem.reason if problem.skipped else problem.reason
        nothing = ("",) * (len(self._classes) + 3)
        self._row(*self._beginning(problem), "", *nothing, inert(reason), *self._site(None))

    def _site(self, prediction: Prediction | None) -> tuple[str, ...]:
        if not self._names_site:
            return ()
        return (prediction.site.digest if prediction and prediction.site else "",)

    def _beginning(self, image: ImageFrame | Problem) -> tuple[object, ...]:
        return inert_path(image.source.path), image.frame, image.sha256 or ""

    def _row(self, *cells: object) -> None:
        self._rows.writerow([encodable(cell) if isinstance(cell, str) else cell for cell in cells])
        self._stream.flush()


def inert(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def inert_path(path: Path) -> str:
    """The path as such a cell, and still a path: ``=a.png`` becomes ``./=a.png``."""
    text = str(path)
    return text if inert(text) == text else f".{os.sep}{text}"


def _number(value: float | None) -> str:
    return repr(float(value)) if value is not None and math.isfinite(value) else ""


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value
