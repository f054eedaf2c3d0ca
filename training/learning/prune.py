"""A bundle is pruned by its nearest training patches, and measured before and after."""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.change import Change
from dprotonet.errors import ReadableError
from dprotonet.modeling.model import DProtoNet
from dprotonet.prototypes.pruning import pruned_update
from dprotonet.prototypes.update import PrototypeUpdate
from training.evaluation.metrics import accuracy, accuracy_by_image, auroc
from training.fitting.fit import FittedNetwork
from training.fitting.protopnet.patch_pruning import PatchRule, kept_rows, without_pruned
from training.learning.new_bundle import write_new
from training.learning.reopened import Reopened, as_fitted, reopen


def prune(
    bundle: Bundle,
    data: Path | None,
    out: Path,
    *,
    rule: PatchRule | None = None,
    sources: int = 3,
    device: str = "cpu",
    now: datetime | None = None,
) -> dict[str, Any]:
    """Write the pruned bundle into ``out``, whole or not at all; the parent's folder stays.

    Prototypes that are switched off in the bundle go too: a last layer that is fitted again would
    count them again.

    Args:
        data: what the bundle was trained on; None for the phantom.
        out: the new folder.
        rule: None for the published one.
        sources: source images of a prototype that get a heatmap in the gallery.
        now: date and time to note; None for the present.

    Returns:
        Both digests, what went, and accuracy and AUROC on validation and test images before,
        without the pruned prototypes, and after the last layer was fitted again.

    Raises:
        ReadableError: ``out`` exists, prototypes are required, nothing is to be pruned, or the data
            is another.
    """
    rule, start = rule or PatchRule(), time.perf_counter()
    if out.exists():
        raise ReadableError(f"{out} already exists. Give another --out.")
    if bundle.changes and bundle.changes[-1].required:
        raise ReadableError(
            f"{', '.join(bundle.changes[-1].required)} must count in the model {bundle.name}, and "
            "pruning would fit the last layer without that. Prune the model that it came from."
        )
    opened = reopen(bundle, data, out=out, device=device)
    model = bundle.model
    similarities = opened.similarities(model)
    whole = as_fitted(opened, model, similarities)
    keep = kept_rows(model, similarities, opened.context, opened.rows, rule, off=bundle.off)
    if len(keep) == len(bundle.prototype_ids):
        raise ReadableError(
            f"Nothing to prune: of every prototype's {rule.nearest} nearest training patches at "
            f"least {rule.least} are of its class."
        )
    after = without_pruned(whole, keep, opened.context, opened.rows, l1=rule.l1)
    new = after.network
    assert isinstance(new, DProtoNet)
    kept = [bundle.prototype_ids[p] for p in keep]
    said: dict[str, Any] = {
        "rule": dataclasses.asdict(rule),
        "pruned": [name for name in bundle.prototype_ids if name not in kept],
        # Ids are running numbers, so those that stay have new ones.
        "ids": dict(zip(new.prototype_ids, kept, strict=True)),
        "kept_by_class": list(new.options.prototype_counts),
        **_before_and_after(opened, whole, keep, after),
    }
    when = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    after = dataclasses.replace(
        after,
        update=pruned_update(_update(opened), new, keep),
        seconds=time.perf_counter() - start,
    )
    change = Change("pruned", bundle.digest, when, figures=said)
    limit = (
        f"{len(said['pruned'])} of {len(bundle.prototype_ids)} prototypes pruned on "
        f"{change.when[:10]}, from the model {bundle.short}."
    )
    result = write_new(opened, after, change, out, said=limit, sources=sources)
    return {"bundle": str(out), "digest": result.digest, "parent": bundle.digest, **said}


def _before_and_after(
    opened: Reopened, whole: FittedNetwork, keep: tuple[int, ...], after: FittedNetwork
) -> dict[str, Any]:
    """Figures on validation and test images; "cut" has the trained last layer of what stays."""
    cut = without_pruned(whole, keep, opened.context, opened.rows, l1=None)
    networks = {"before": whole, "cut": cut, "after": after}
    return {
        side: {
            "images": len(at),
            **{name: _figures(fitted, opened, at) for name, fitted in networks.items()},
        }
        for side, at in (("validation", opened.rows.validation), ("test", opened.rows.test))
    }


def _update(opened: Reopened) -> PrototypeUpdate:
    """Where the bundle's prototypes come from, out of its own records."""
    bundle, digests = opened.bundle, opened.bundle.model.part_digests()
    return PrototypeUpdate(
        bundle.model.prototypes.detach().cpu().clone(),
        tuple(record.sources for record in bundle.prototypes),
        opened.context.recipe.update,
        {part: digests[part] for part in ("backbone", "masks")},
    )


def _figures(fitted: FittedNetwork, opened: Reopened, at: Tensor) -> dict[str, Any]:
    """Accuracy, of the most probable class and of what is called, and AUROC on some images; AUROC
    is None where they have one class only."""
    assert fitted.similarities is not None
    scored = fitted.predictions(opened.context, at)
    area = auroc(scored.probabilities, scored.labels)
    return {
        "prototypes": fitted.similarities.shape[1],
        "accuracy_of_most_probable": round(accuracy(scored.probabilities, scored.labels), 4),
        "accuracy": round(float(accuracy_by_image(scored.calls(), scored.labels).mean()), 4),
        "auroc": None if np.isnan(area) else round(area, 4),
    }
