"""What a study's row says of a network's prototypes, on its test images."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dprotonet.modeling.labels import owned
from dprotonet.modeling.model import DProtoNet
from dprotonet.prototypes.activation_stats import activation_statistics
from training.data.inputs import derived_seed
from training.evaluation.prototypes.own_maps import peaks
from training.evaluation.prototypes.perturbation import peak_stability, with_noise
from training.evaluation.prototypes.summary import nearest_figures
from training.evaluation.prototypes.vectors import vector_figures
from training.fitting.context import SplitRows, TrainingContext, prototype_batches
from training.fitting.networks import outputs

FIGURES = (
    *("within_class_cosine", "largest_cosine", "pairs", "pairs_above_95", "pairs_above_90"),
    *("effective_rank", "class_purity", "distinct", "stability"),
)
"""Keys of a row beside the counts; the value is None where a network cannot have the figure."""
STABILITY_IMAGES = 60  # at even distances among the test images
_BATCH = 4  # images whose upsampled maps are held at once


def prototype_row(
    run: TrainingContext, rows: SplitRows, network: torch.nn.Module
) -> dict[str, int | float | None] | None:
    """Counts on the training images, :data:`FIGURES` on the test images; None for a black box.

    Args:
        network: finished, as cut as the run's final inputs.
    """
    if not isinstance(network, DProtoNet):
        return None
    prototypes = activation_statistics(
        network, prototype_batches(run, rows.train, run.final), images_per_pass=run.per_pass
    ).prototypes
    return {
        "count": len(prototypes),
        "dead": sum(p.dead for p in prototypes),
        "doubles": sum(bool(p.duplicates) for p in prototypes),  # stored rows have this key
        **_figures(run, rows, network),
    }


def _figures(run: TrainingContext, rows: SplitRows, model: DProtoNet) -> dict[str, Any]:
    owner = np.array(model.options.prototype_classes)
    vectors = model.prototypes.detach().cpu().double().numpy()
    similarities = outputs(model, run.final, rows.test, lambda o: o.similarities, run.device)
    labels = run.images.labels[rows.test].numpy()
    figures = {
        **vector_figures(vectors, owner, run.dataset.classes),
        **nearest_figures(similarities.double().numpy(), labels, owner),
        "stability": _stability(run, rows.test, model, owner),
    }
    return {key: figures[key] for key in FIGURES}


def _stability(
    run: TrainingContext, test: Tensor, model: DProtoNet, owner: NDArray[np.int64]
) -> float | None:
    """Mean over the prototypes whose class some of the images have; None where there is none."""
    places = np.unique(np.linspace(0, len(test) - 1, min(STABILITY_IMAGES, len(test))).astype(int))
    chosen = test[torch.from_numpy(places)]
    size = run.recipe.image_size
    found = [_peaks(run, batch, model, size) for batch in chosen.split(_BATCH)]
    clean, noisy = (np.concatenate(parts) for parts in zip(*found, strict=True))
    own = owned(run.images.labels[chosen].numpy(), owner)
    values = peak_stability(clean, noisy, own, size)
    known = values[~np.isnan(values)]
    return round(float(known.mean()), 4) if len(known) else None


def _peaks(
    run: TrainingContext, batch: Tensor, model: DProtoNet, size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of some images as they are, and under noise that depends on the image alone."""
    images = run.live.clean(batch)
    ids = [run.images.samples[i].sample_id for i in batch.tolist()]
    noisy = torch.stack(
        [
            with_noise(image, derived_seed("noise", name))
            for image, name in zip(images, ids, strict=True)
        ]
    )
    with torch.inference_mode():
        both = run.final.of(torch.cat([images, noisy])).to(run.device)
        places = peaks(model(both).masks, size)
    return places[: len(batch)], places[len(batch) :]
