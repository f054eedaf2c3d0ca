"""A bundle learns from readers' judgements of its prototypes, and is compared with what it was."""

from __future__ import annotations

import dataclasses
import logging
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.change import Change
from dprotonet.errors import ReadableError
from training.io import write_json
from training.learning.axis_weights import teach_axes
from training.learning.compared import Comparison, compare
from training.learning.fine_tune import LearnSettings
from training.learning.judged_images import JudgedImages, find_images
from training.learning.judgements import Feedback, read_feedback
from training.learning.new_bundle import write_new, write_weighed
from training.learning.reopened import reopen
from training.learning.taught import teach_prototypes

_log = logging.getLogger(__name__)
BUNDLE, COMPARISON = "bundle", "comparison.json"


def learn(
    bundle: Bundle,
    feedback: Path,
    data: Path | None,
    out: Path,
    *,
    images: Path | None = None,
    settings: LearnSettings | None = None,
    sources: int = 3,
    device: str = "cpu",
    unnamed: bool = False,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Write the bundle that learned into ``out``, with the comparison beside it; or nothing.

    The bundle's own folder is left as it is.

    Args:
        feedback: the application's JSON export of annotations.
        data: what the bundle was trained on.
        out: folder for "bundle" and "comparison.json".
        images: folder of judged images that are not in the data.
        settings: None for the usual ones.
        sources: source images of a prototype that get a heatmap in the gallery.
        unnamed: the images are patients', and no name of a file may be in the new bundle.
        now: date and time to note; None for the present.

    Returns:
        The comparison with both digests.

    Raises:
        ReadableError: there is nothing to learn from, the data is another, or ``out`` holds a
            bundle.
    """
    settings = settings or LearnSettings()
    if (out / BUNDLE).exists():
        raise ReadableError(f"{out / BUNDLE} already exists. Give another --out.")
    start, said = time.perf_counter(), read_feedback(feedback, bundle)
    opened = reopen(bundle, data, out=out, device=device, unnamed=unnamed)
    judged = find_images(said, opened, images)
    teach = teach_axes if bundle.concepts else teach_prototypes
    taught = teach(opened, judged, settings)
    comparison = compare(opened, taught, judged)
    after = dataclasses.replace(taught.after, seconds=time.perf_counter() - start)
    change = _change(bundle, said, judged, comparison, settings, now or datetime.now(UTC))
    limit = (
        f"{_learned_from(bundle, comparison)} on {change.when[:10]}, from the model {bundle.short}."
    )
    place, responses = out / BUNDLE, taught.responses
    if bundle.concepts:
        result = write_weighed(opened, after, change, place, said=limit, responses=responses)
    else:
        result = write_new(
            opened, after, change, place, said=limit, sources=sources, responses=responses
        )
    facts = {
        "bundle": str(out / BUNDLE),
        "digest": result.digest,
        "parent": bundle.digest,
        "seconds": round(time.perf_counter() - start, 1),
        **change.figures["judgements"],
        **comparison.to_json(),
    }
    write_json(out / COMPARISON, facts)
    return facts


def _learned_from(bundle: Bundle, comparison: Comparison) -> str:
    """Such as “learned from 3 judgements of concepts and 1 corrected class”."""
    count = len(comparison.forgotten) + len(comparison.remembered)
    words = f"learned from {count} judgements of {'concepts' if bundle.concepts else 'prototypes'}"
    corrected = len(comparison.corrected_images)
    if not corrected:
        return words
    return f"{words} and {corrected} corrected class{'' if corrected == 1 else 'es'}"


def _change(
    bundle: Bundle,
    said: Feedback,
    judged: JudgedImages,
    comparison: Comparison,
    settings: LearnSettings,
    now: datetime,
) -> Change:
    """What the new bundle says of its origin."""
    validation = comparison.validation
    figures = {
        "judgements": {
            "artefacts": len(judged.artefacts),
            "useful": len(judged.useful),
            "corrected": len(judged.corrected),
            "missing": judged.missing,
            "of_other_models": said.of_other_models,
            "undecided": said.undecided,
        },
        "settings": dataclasses.asdict(settings),
        "validation_images": validation["images"],
        "before": validation["before"],
        "after": validation["after"],
        "calls_changed": validation["calls_changed"],
        "test": comparison.test,
        "forgotten": comparison.forgotten,
        "remembered": comparison.remembered,
        "measure": comparison.measure,
    }
    required = bundle.changes[-1].required if bundle.changes else ()
    when = now.isoformat(timespec="seconds")
    return Change("learned", bundle.digest, when, bundle.off, required, figures=figures)
