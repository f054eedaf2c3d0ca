"""A bundle learns from readers' judgements of its prototypes, and is compared with what it was."""

from __future__ import annotations

import copy
import dataclasses
import logging
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.change import Change
from dprotonet.editing.conditions import constraints, usual_weight
from dprotonet.editing.objective import objective_of
from dprotonet.editing.quadratic import fit_weights
from dprotonet.errors import ReadableError
from dprotonet.inference.calibration import calibrate
from dprotonet.modeling.model import DProtoNet
from dprotonet.prototypes.responses import Responses
from training.fitting.export import kept_responses
from training.fitting.fit import FittedNetwork
from training.fitting.prototype_stage import fit_head, updated
from training.io import write_json
from training.learning.compared import Comparison, compare
from training.learning.fine_tune import LearnSettings, fine_tune
from training.learning.judged_images import JudgedImages, find_images
from training.learning.judgements import Feedback, read_feedback
from training.learning.new_bundle import write_new
from training.learning.reopened import Reopened, as_fitted, logits_of, reopen

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
    old, new = bundle.model, copy.deepcopy(bundle.model)
    new.keep_reader(None)  # it was trained for the old one
    before = as_fitted(opened, old, opened.similarities(old))
    seen_before = _similarities(old, judged, device)
    fine_tune(new, opened, judged, settings)
    after, responses = _finished(opened, new)
    comparison = compare(
        opened, before, after, judged, (seen_before, _similarities(new, judged, device))
    )
    after = dataclasses.replace(after, seconds=time.perf_counter() - start)
    change = _change(bundle, said, judged, comparison, settings, now or datetime.now(UTC))
    count = len(change.figures["forgotten"]) + len(change.figures["remembered"])
    limit = (
        f"learned from {count} judgements of prototypes on {change.when[:10]}, from the model "
        f"{bundle.short}."
    )
    result = write_new(
        opened, after, change, out / BUNDLE, said=limit, sources=sources, responses=responses
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


def _finished(opened: Reopened, model: DProtoNet) -> tuple[FittedNetwork, Responses | None]:
    """Prototype update, last layer and calibration of the fine-tuned model."""
    context, rows, bundle = opened.context, opened.rows, opened.bundle
    update = updated(model, context, rows)
    similarities = opened.similarities(model)
    model.cpu()
    fit_head(model, similarities, context, rows)
    model.requires_grad_(False)
    fitted = dataclasses.replace(as_fitted(opened, model, similarities), update=update)
    responses = kept_responses(context, rows, fitted)
    if responses is not None:
        _keep_edit(bundle, model, responses)
    logits, at = logits_of(model, similarities), rows.validation.numpy()
    chosen = calibrate(
        logits[at], context.images.labels.numpy()[at], bundle.classes, bundle.negative_class
    )
    return dataclasses.replace(fitted, logits=logits, **vars(chosen)), responses


def _keep_edit(bundle: Bundle, model: DProtoNet, responses: Responses) -> None:
    """Switch off and require in the new last layer what is so in the parent's."""
    required = bundle.changes[-1].required if bundle.changes else ()
    if not bundle.off and not required:
        return
    weights = model.head.weight.double().numpy()
    wanted = constraints(
        bundle.options,
        bundle.off,
        required,
        least=usual_weight(bundle.options, weights, nonnegative=responses.nonnegative),
        nonnegative=responses.nonnegative,
    )
    objective = objective_of(responses, float(model.log_scale.exp()))
    fitted = fit_weights(objective, wanted, np.where(wanted.free, weights, 0.0))
    model.head.weight.copy_(torch.from_numpy(fitted))


def _similarities(model: DProtoNet, judged: JudgedImages, device: str) -> Tensor:
    """``(J, P)`` of the judged images."""
    model.to(device)
    with torch.inference_mode():
        parts = [model(part.to(device)).similarities.cpu() for part in judged.passes()]
    model.cpu()
    return torch.cat(parts)


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
    }
    required = bundle.changes[-1].required if bundle.changes else ()
    when = now.isoformat(timespec="seconds")
    return Change("learned", bundle.digest, when, bundle.off, required, figures=figures)
