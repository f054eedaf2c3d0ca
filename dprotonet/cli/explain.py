"""``explain``: one heatmap for each frame and node, as files that mirror the input."""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import numpy as np

from dprotonet.atomic_files import write_whole
from dprotonet.bundle.bundle import Bundle
from dprotonet.cli.arguments import ExplainRequest
from dprotonet.cli.heatmaps import Drawing, Drawn
from dprotonet.cli.inputs import ImageFrame, Problem, check_paths, read_images
from dprotonet.cli.model import load_predictor
from dprotonet.cli.output_paths import ExplanationFiles, OutputPaths, is_explanation, safe_node
from dprotonet.cli.records import (
    JsonLines,
    image_record,
    json_text,
    problem_record,
    support_record,
)
from dprotonet.cli.tally import Tally
from dprotonet.errors import ReadableError, WrongRequest

if TYPE_CHECKING:
    from dprotonet.inference.predictor import Predictor

OPACITY = 0.5
"""Of the heatmap in the overlay picture, where the heatmap is 1."""

BAND = 128
"""Rows of the overlay picture that are mixed at a time."""


class _Unwritten(ReadableError):
    """An explanation was made, but its files could not be written."""


def explain(request: ExplainRequest, stdout: TextIO) -> int:
    """Write the files and one record for each explanation, and return the exit status.

    Raises:
        WrongRequest, UnusableBundle: before any image is read.
    """
    check_paths(request.paths)
    bundle = Bundle.load(request.model, with_model=False)
    explainer, output_paths = Explainer.load(request, bundle), OutputPaths(request.out)
    writer, tally = JsonLines(stdout), Tally()
    for image in read_images(request.paths, leave_out=is_explanation, rows=bundle.rows):
        written = []
        for record in explainer.records(image, output_paths.place(image.source)):
            writer.record(record)
            written.append(record)
        tally.count_records(written)
    return tally.close()


class Explainer:
    """The model, the nodes and the folder for the files, all checked before the first image."""

    def __init__(self, predictor: "Predictor", nodes: dict[str, str], request: ExplainRequest):
        self._predictor = predictor
        self._nodes = nodes
        self._drawing = Drawing(predictor, tuple(nodes), request)
        self._request = request
        self._output_paths = OutputPaths(request.out)

    @classmethod
    def load(cls, request: ExplainRequest, bundle: Bundle | None = None) -> "Explainer":
        """Load the model and make the folder.

        Args:
            request: the command's.
            bundle: the one that it names, where it is open already.

        Raises:
            WrongRequest, UnusableBundle: the request cannot be done.
        """
        bundle = bundle or Bundle.load(request.model, with_model=False)
        nodes = _safe_nodes(request.nodes, bundle)
        _make(request.out)
        return cls(load_predictor(bundle, request.device, gate=False), nodes, request)

    def records(self, image: ImageFrame | Problem, place: PurePath) -> Iterator[dict[str, Any]]:
        """One record for each node of a frame, or one that says why there is none.

        Args:
            image: the frame.
            place: of its files, as ``OutputPaths.place`` gave it.
        """
        outcome: ImageFrame | Problem = image
        if isinstance(image, ImageFrame):
            try:
                yield from self._explain(image, place)
            except (_Unwritten, WrongRequest) as error:
                outcome = Problem(
                    image.source, image.frame, image.sha256, str(error), skipped=False
                )
        if isinstance(outcome, Problem):
            yield problem_record(outcome)

    def _explain(self, image: ImageFrame, place: PurePath) -> Iterator[dict[str, Any]]:
        """Explain every node of one frame; each record comes once its files are written.

        Raises:
            _Unwritten: also before any work, where the files cannot be written.
            WrongRequest: the predicted class of an unsupported image was asked for.
        """
        paths = [
            self._output_paths.files_at(place, image.frame, safe, self._request.method)
            for safe in self._nodes.values()
        ]
        with self._readable_errors():
            _prepare(paths)
        # Of a predictor without the gate.
        prediction, maps = self._drawing.predict(image.image)
        if "class" in self._nodes and not (prediction.supported or self._request.unsupported):
            prediction.withheld().require_leading()
        drawn = self._drawing.draw(image.image, prediction, maps)
        displayed = image.image.display() if self._request.overlays else None
        for node, files, one in zip(self._nodes, paths, drawn, strict=True):
            rows, columns = one.heatmap.shape
            record = {
                **image_record(image),
                "asked": node,
                **one.facts,
                "tier": self._request.tier,
                **support_record(prediction.withheld()),
                **self._attributes(image, one),
                "model": {
                    "name": self._predictor.bundle.name,
                    "digest": self._predictor.bundle.digest,
                },
                "rows": rows,
                "columns": columns,
                "files": {
                    "heatmap": str(files.heatmap),
                    "overlay": None if displayed is None else str(files.overlay),
                    "record": str(files.record),
                },
            }
            with self._readable_errors():
                _write(files, one, displayed, record)
            yield record

    def _attributes(self, image: ImageFrame, one: Drawn) -> dict[str, Any]:
        """What of the heatmap falls to each attribute, where the image is of a row."""
        rows = self._predictor.bundle.rows
        if rows is None or image.row is None:
            return {}
        shares = rows.shares(image.row, one.heatmap)
        return {"attributes": dict(shares.ranked), "on_attributes": shares.on_attributes}

    @contextmanager
    def _readable_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _Unwritten(
                f"The explanation could not be written below {self._request.out} "
                f"({error.strerror}). Make room there or name another folder with --out."
            ) from error


def _safe_nodes(nodes: Sequence[str], bundle: Bundle) -> dict[str, str]:
    """The nodes as they were typed, each with its text for file names.

    Raises:
        WrongRequest: the bundle has no such node.
    """
    from dprotonet.explain.nodes import parse_node

    ids = bundle.prototype_ids
    for node in nodes:
        # Which class is predicted is known image by image only; any name serves for the check.
        parse_node(node, bundle.classes, ids, predicted=bundle.classes[0])
    return {node: safe_node(node, names=[*bundle.classes, *ids]) for node in nodes}


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongRequest(
            f"The folder {out} cannot be made ({error.strerror}): name another with --out."
        ) from None


def _prepare(paths: Sequence[ExplanationFiles]) -> None:
    """Make the folders and check every path, so that what cannot be written costs no work."""
    for files in paths:
        files.record.parent.mkdir(parents=True, exist_ok=True)
        for path in (files.heatmap, files.overlay, files.record):
            with suppress(FileNotFoundError):
                if stat.S_ISDIR(path.lstat().st_mode):
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


def _write(
    files: ExplanationFiles, drawn: Drawn, displayed: np.ndarray | None, record: dict[str, Any]
) -> None:
    """Write the files, the record last: where it exists, the others do too.

    Args:
        files: where to.
        drawn: whose heatmap is written.
        displayed: uint8 ``(H, W)`` or ``(H, W, 3)``, the image as displayed; None for no picture.
            One of an earlier run is removed then, for it would lie beside another heatmap.
        record: what the JSON file says.
    """
    heatmap = drawn.heatmap

    def write_heatmap(stream: BinaryIO) -> None:
        np.save(stream, np.ascontiguousarray(heatmap, dtype=np.float32), allow_pickle=False)

    def write_overlay(stream: BinaryIO, displayed: np.ndarray) -> None:
        from PIL import Image

        # Half the default level's time: these pictures come by the thousand.
        Image.fromarray(_overlaid(displayed, heatmap)).save(stream, format="PNG", compress_level=1)

    def write_record(stream: BinaryIO) -> None:
        stream.write((json_text(record, indent=2) + "\n").encode("ascii"))

    write_whole(files.heatmap, write_heatmap)
    if displayed is None:
        files.overlay.unlink(missing_ok=True)
    else:
        write_whole(files.overlay, partial(write_overlay, displayed=displayed))
    write_whole(files.record, write_record)


def _overlaid(displayed: np.ndarray, heatmap: np.ndarray) -> np.ndarray:
    """The overlay picture, uint8 ``(H, W, 3)``, mixed band by band.

    Mixing takes some fifty bytes a pixel: 200 MB for an image of 2,048 x 2,048, were it done at
    once.
    """
    from dprotonet.explain.overlay import overlay

    picture = np.empty((*heatmap.shape, 3), np.uint8)
    for top in range(0, len(heatmap), BAND):
        band = slice(top, top + BAND)
        picture[band] = overlay(displayed[band], heatmap[band], OPACITY)
    return picture
