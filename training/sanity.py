"""Do heatmaps depend on what was learned? Randomised weights, other seeds, a JPEG file between."""

from __future__ import annotations

import copy
import io
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from training.faithful import spread
from training.metrics import mean_interval

if TYPE_CHECKING:
    from torch import Tensor

    from dprotonet.model import DProtoNet
    from dprotonet.predictor import Predictor
    from dprotonet.preprocessing import Preprocessing
    from training.datasets.samples import Sample
    from training.heatmaps import Drawing

_log = logging.getLogger(__name__)
CASCADE = ("head", "prototypes", "masks", "backbone")  # from the top down
QUALITY = 50  # of the JPEG file, 1 to 95


def randomised(model: DProtoNet, seed: int = 0) -> Iterator[tuple[str, DProtoNet]]:
    """Copies with ever more parts drawn anew, from the head down (Adebayo et al. 2018, section 3).

    Each tensor is replaced by normal noise of its own mean and spread, so that no layer falls
    silent; statistics of normalisation layers are shuffled, since a variance must stay positive.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    network = copy.deepcopy(model).cpu()
    for part in CASCADE:
        with torch.no_grad():
            for tensor in network.parts()[part].values():
                if not tensor.is_floating_point():
                    continue
                if isinstance(tensor, torch.nn.Parameter) and tensor.numel() > 1:
                    noise = torch.randn(tensor.shape, generator=generator)
                    tensor.copy_(noise * tensor.std() + tensor.mean())
                else:
                    order = torch.randperm(tensor.numel(), generator=generator)
                    tensor.copy_(tensor.flatten()[order].reshape(tensor.shape))
        yield part, copy.deepcopy(network).eval()


def rank_correlation(one: NDArray[Any], other: NDArray[Any], inside: NDArray[np.bool_]) -> float:
    """Spearman's correlation of two heatmaps on the film; 0 where one of them is even."""
    from scipy.stats import spearmanr

    first, second = one[inside], other[inside]
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(spearmanr(first, second).statistic)


def through_jpeg(x: Tensor, preprocessing: Preprocessing, quality: int = QUALITY) -> Tensor:
    """A network input ``(3, S, S)`` as it comes back from a JPEG file."""
    import torch
    from PIL import Image

    unit = preprocessing.denormalise(x.cpu()).clamp(0, 1)
    file = io.BytesIO()
    pixels = (unit * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    back = torch.from_numpy(np.array(Image.open(file), dtype=np.float32) / 255)
    return preprocessing.normalise(back.permute(2, 0, 1).contiguous())


def sanity(
    predictor: Predictor,
    samples: Sequence[Sample],
    count: int,
    drawing: Drawing,
    *,
    resamples: int = 1000,
) -> dict[str, Any]:
    """Rank correlations of the predicted class's heatmap with what it should and should not equal.

    ``randomised`` should fall towards 0 as parts go; ``seeds`` and ``jpeg`` should stay near 1.
    """
    networks = dict(randomised(predictor.model))
    chosen = spread(samples, count)
    rows = []
    for done, sample in enumerate(chosen, 1):
        rows.append(_one(predictor, networks, sample, drawing))
        _log.info("sanity: %d of %d", done, len(chosen))
    patients = np.array([s.patient_id for s in chosen])

    def mean(name: str) -> dict[str, Any]:
        return mean_interval(np.array([row[name] for row in rows]), patients, resamples).to_json()

    return {
        "method": drawing.method,
        "tier": drawing.tier,
        "images": len(chosen),
        "randomised": {f"down to {part}": mean(part) for part in CASCADE},
        "seeds": mean("seeds"),
        "jpeg": {"quality": QUALITY}
        | {name: mean(f"jpeg {name}") for name in ("heatmap", "same_label", "probability_change")},
    }


def _one(
    predictor: Predictor, networks: dict[str, DProtoNet], sample: Sample, drawing: Drawing
) -> dict[str, float]:
    from dprotonet.explain.film import class_node

    bundle = predictor.bundle
    x, placement = bundle.preprocessing(sample.load())
    said, inside = predictor.predict_tensor(x), placement.inside()
    node = class_node(bundle, said.leading)

    def drawn(model: DProtoNet, image: Tensor, seed: int) -> NDArray[Any]:
        how = replace(drawing, seed=seed)
        return how.explain(predictor, image, inside, [node], model=model)[0].heatmap

    film, first = inside.numpy(), drawn(predictor.model, x, 0)
    squeezed = through_jpeg(x, bundle.preprocessing)
    again = predictor.predict_tensor(squeezed)
    change = abs(again.probabilities[said.leading] - said.probability)
    return {
        **{p: rank_correlation(first, drawn(net, x, 0), film) for p, net in networks.items()},
        "seeds": rank_correlation(first, drawn(predictor.model, x, 1), film),
        "jpeg heatmap": rank_correlation(first, drawn(predictor.model, squeezed, 0), film),
        "jpeg same_label": float(again.label == said.label),
        "jpeg probability_change": change,
    }
