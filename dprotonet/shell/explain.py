"""``explain``: one MDM heatmap for each frame and node, as files that mirror the input."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import numpy as np

from dprotonet.errors import WrongRequest
from dprotonet.shell.arguments import ExplainRequest
from dprotonet.shell.films import Film, Problem, Source, check_paths, read_films
from dprotonet.shell.layout import Files, Layout, is_explanation, safe_node
from dprotonet.shell.model import open_predictor
from dprotonet.shell.records import JsonLines, film_record, json_text
from dprotonet.shell.tally import Tally
from dprotonet.shell.writing import write_whole

if TYPE_CHECKING:
    from dprotonet.explain.film import FilmExplanation
    from dprotonet.predictor import Predictor

log = logging.getLogger(__name__)

OPACITY = 0.5
"""Of the heatmap in the overlay picture, where the heatmap is 1."""


def explain(request: ExplainRequest, stdout: TextIO) -> int:
    """Write the files, one record an explanation, and give the exit status.

    Raises:
        WrongRequest, UnusableBundle: before any film is read.
    """
    check_paths(request.paths)
    _check_out(request.out)
    predictor = open_predictor(request.model, request.device)
    nodes = _safe_nodes(request.nodes, predictor)
    bundle = predictor.bundle
    log.info("Model %s %s on %s", bundle.name, bundle.short, request.device)
    writer, layout, tally = JsonLines(stdout), Layout(request.out), Tally()
    for film in read_films(request.paths, leave_out=is_explanation):
        outcome: Film | Problem = film
        if isinstance(film, Problem):
            writer.problem(film)
        else:
            try:
                _explain_film(film, nodes, predictor, request.seed, layout, writer)
            except BrokenPipeError:
                raise
            except OSError as error:
                outcome = _unwritten(film, request.out, error)
                writer.problem(outcome)
        tally.count(outcome)
    return tally.close()


def _check_out(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongRequest(
            f"The folder {out} cannot be made ({error.strerror}): name another with --out."
        ) from None


def _safe_nodes(nodes: Sequence[str], predictor: "Predictor") -> dict[str, str]:
    """The nodes as they were typed, each with its text for file names.

    Raises:
        WrongRequest: the bundle has no such node.
    """
    from dprotonet.explain.nodes import parse_node

    bundle = predictor.bundle
    ids = [prototype.id for prototype in bundle.prototypes]
    for node in nodes:
        # Which class is predicted is known film by film only; any name serves for the check.
        parse_node(node, bundle.classes, ids, predicted=bundle.classes[0])
    return {node: safe_node(node, names=[*bundle.classes, *ids]) for node in nodes}


def _explain_film(
    film: Film,
    nodes: dict[str, str],
    predictor: "Predictor",
    seed: int,
    layout: Layout,
    writer: JsonLines,
) -> None:
    from dprotonet.explain.film import explain_film

    prediction = predictor.predict(film.image)
    explained = explain_film(predictor, film.image, list(nodes), seed=seed)
    shown = film.image.display()
    about = {
        **film_record(film),
        "model": {"name": predictor.bundle.name, "digest": predictor.bundle.digest},
        "prediction": prediction.label,
        "probabilities": dict(prediction.probabilities),
    }
    for (typed, safe), one in zip(nodes.items(), explained, strict=True):
        files = layout.files(film.source, film.frame, safe)
        record = {**about, "asked": typed, **_explanation_record(one), "files": _named(files)}
        _write(files, one.heatmap_stored, shown, record)
        writer.record(record)


def _explanation_record(one: "FilmExplanation") -> dict[str, Any]:
    explanation = one.explanation
    low, high = explanation.raw_range
    rows, columns = one.heatmap_stored.shape
    return {
        "node": explanation.node,
        "value_before": float(explanation.value_before),
        "value_after": float(explanation.value_after),
        "faithfulness": explanation.faithfulness.to_json(),
        "passes": {
            "forward": explanation.passes_forward,
            "backward": explanation.passes_backward,
        },
        "seconds": float(explanation.seconds),
        "stop_reason": explanation.stop_reason,
        "seed": explanation.seed,
        "settings": explanation.settings_digest,
        "rows": rows,
        "columns": columns,
        "raw_range": [float(low), float(high)],
    }


def _named(files: Files) -> dict[str, str]:
    return {
        "heatmap": str(files.heatmap),
        "overlay": str(files.overlay),
        "record": str(files.record),
    }


def _write(files: Files, heatmap: np.ndarray, shown: np.ndarray, record: dict[str, Any]) -> None:
    """Write the three files, the record last: where it stands, the others do too.

    Args:
        files: where to.
        heatmap: float32 ``(H, W)`` in [0, 1] on the stored grid.
        shown: uint8 ``(H, W)`` or ``(H, W, 3)``, the film as displayed.
        record: what the JSON file says.
    """
    from PIL import Image

    from dprotonet.explain.overlay import overlay

    def write_heatmap(stream: BinaryIO) -> None:
        np.save(stream, np.ascontiguousarray(heatmap, dtype=np.float32), allow_pickle=False)

    def write_overlay(stream: BinaryIO) -> None:
        # Level 1 takes a third of the time of the default for a tenth more bytes.
        picture = Image.fromarray(overlay(shown, heatmap, OPACITY))
        picture.save(stream, format="PNG", compress_level=1)

    def write_record(stream: BinaryIO) -> None:
        stream.write((json_text(record, indent=2) + "\n").encode("ascii"))

    write_whole(files.heatmap, write_heatmap)
    write_whole(files.overlay, write_overlay)
    write_whole(files.record, write_record)


def _unwritten(film: Film, out: Path, error: OSError) -> Problem:
    source: Source = film.source
    reason = f"The explanation could not be written below {out} ({error.strerror})."
    return Problem(source, film.frame, film.sha256, reason, skipped=False)
