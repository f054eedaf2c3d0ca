"""How a model does on parts of a site's images: by view, person, device and size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation import metrics
from training.evaluation.scored_predictions import ScoredPredictions

KINDS = ("view", "sex", "age", "modality", "manufacturer", "station", "image size")
LEAST = 10  # images of a slice that gets figures


def slices(
    scored: ScoredPredictions,
    groups: Sequence[dict[str, str]],
    *,
    resamples: int,
    unnamed: bool = False,
) -> dict[str, Any]:
    """Figures of every slice that is large enough, the worst first.

    A kind in which all images are in one group has no slices. A slice is worse when its whole
    interval lies below the figure of all images; many are looked at, so that some are by chance.

    Args:
        groups: N, kind to group of each image.
        unnamed: a small slice is numbered: what few images share may name a person.

    Returns:
        ``rows``, and ``left_out``: how many images are in slices of fewer than :data:`LEAST`.
    """
    draws = metrics.patient_draws(scored.patients, resamples)
    right = metrics.accuracy_by_image(scored.calls(), scored.labels)
    whole = _figures(scored, right, np.ones(len(right), dtype=bool), draws)
    rows: list[dict[str, Any]] = []
    small: dict[str, int] = {}
    for kind in KINDS:
        names = np.array([group.get(kind, "") for group in groups])
        known = sorted(set(names.tolist()) - {""})
        if len(known) < 2 and (names != "").all():
            continue
        for name in known:
            of_slice = names == name
            if of_slice.sum() < LEAST:
                shown = f"group {len(small) + 1}" if unnamed else name
                small[f"{kind}: {shown}"] = int(of_slice.sum())
                continue
            row = {"kind": kind, "group": name, "images": int(of_slice.sum())}
            row |= _figures(scored, right, of_slice, draws)
            row["worse"] = [f for f in ("auroc", "accuracy") if _is_below(row[f], whole[f])]
            rows.append(row)
    rows.sort(key=lambda row: (_value(row["auroc"]), _value(row["accuracy"])))
    return {"least": LEAST, "rows": rows, "left_out": small}


def _figures(
    scored: ScoredPredictions,
    right: NDArray[np.float64],
    rows: NDArray[np.bool_],
    draws: NDArray[np.float64],
) -> dict[str, Any]:
    auroc = partial(metrics.macro_auroc, scored.probabilities[rows], scored.labels[rows])
    accuracy = partial(metrics.weighted_mean, right[rows])
    return {
        "auroc": metrics.interval_json(auroc, draws[:, rows]),
        "accuracy": metrics.interval_json(accuracy, draws[:, rows]),
    }


def _is_below(figure: dict[str, Any], whole: dict[str, Any]) -> bool:
    high, value = figure["high"], whole["value"]
    return high is not None and value is not None and high < value


def _value(figure: dict[str, Any]) -> float:
    """For sorting: unknown figures come last."""
    return 2.0 if figure["value"] is None else float(figure["value"])
