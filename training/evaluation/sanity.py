"""Do heatmaps depend on what was learned, and on nothing else?

They should change with randomised weights, and stay under another seed, through a JPEG file and
under a little noise. A method that always gives the same heatmap is the same under every seed,
which says nothing about it: its other figures do.

How much a heatmap moves under noise is its max-sensitivity: definition 3 of "On the (In)fidelity
and Sensitivity of Explanations" (Yeh et al. 2019), estimated from samples as in the paper.
"""

from __future__ import annotations

import copy
import io
import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dprotonet.errors import ReadableError
from training.evaluation.faithfulness import NODES, evenly_spaced, leading_nodes
from training.evaluation.metrics import mean_intervals

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from dprotonet.bundle.bundle import Bundle
    from dprotonet.inference.predictor import Predictor
    from dprotonet.modeling.model import DProtoNet
    from dprotonet.modeling.preprocessing import Preprocessing
    from dprotonet.modeling.reader.mask_reader import MaskReader
    from training.datasets.samples import Sample
    from training.evaluation.heatmap_method import HeatmapMethod

_log = logging.getLogger(__name__)
LAST_BLOCKS = "last blocks"  # the deepest quarter of the backbone's
CASCADE = ("head", "prototypes", "masks", LAST_BLOCKS, "backbone")  # from the top down
FIGURES = ("seeds", "jpeg", "max_sensitivity", "empty")
QUALITY = 50  # of the JPEG file, 1 to 95
RADIUS = 0.02  # of the noise, as a fraction of the pixel range
DRAWS = 4  # perturbed images


def randomised(model: DProtoNet, seed: int = 0) -> Iterator[tuple[str, DProtoNet]]:
    """Copies with ever more parts randomised, from the head down (Adebayo et al. 2018, section 3).

    Each tensor is replaced by normal noise of its own mean and standard deviation, so that no layer
    outputs zeros; statistics of normalisation layers are shuffled, since a variance must stay
    positive. A mask reader stays as it was trained.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    network = copy.deepcopy(model).cpu()
    for part in CASCADE:
        if part == LAST_BLOCKS:  # beside the others, whose draws it leaves as they are
            beside = copy.deepcopy(network)
            _randomise(_last_blocks(beside), torch.Generator().manual_seed(seed + 1))
            yield part, beside.eval()
        else:
            _randomise(network.parts()[part].values(), generator)
            yield part, copy.deepcopy(network).eval()


def _randomise(tensors: Iterable[Tensor], generator: torch.Generator) -> None:
    import torch

    with torch.no_grad():
        for tensor in tensors:
            if not tensor.is_floating_point():
                continue
            if isinstance(tensor, torch.nn.Parameter) and tensor.numel() > 1:
                noise = torch.randn(tensor.shape, generator=generator)
                tensor.copy_(noise * tensor.std() + tensor.mean())
            else:
                order = torch.randperm(tensor.numel(), generator=generator)
                tensor.copy_(tensor.flatten()[order].reshape(tensor.shape))


def _last_blocks(network: DProtoNet) -> list[Tensor]:
    """The live tensors of the deepest quarter of the backbone's blocks."""
    backbone = network.parts()["backbone"]
    # "backbone.features.13" of a key of the state, or "backbone.layer4.0".
    block_of = {key: tuple(key.split(".")[:3]) for key in backbone}
    blocks = list(dict.fromkeys(block_of.values()))
    deepest = set(blocks[-math.ceil(len(blocks) / 4) :])
    return [tensor for key, tensor in backbone.items() if block_of[key] in deepest]


def rank_correlation(
    heatmap: NDArray[Any], other: NDArray[Any], valid_mask: NDArray[np.bool_]
) -> float:
    """Spearman's correlation of two heatmaps ``(S, S)`` on the image.

    nan where the first is constant, since an empty heatmap must not count as one that depends on
    the weights; 0 where only the second is.
    """
    from scipy.stats import spearmanr

    first, second = heatmap[valid_mask], other[valid_mask]
    if np.ptp(first) == 0:
        return float("nan")
    if np.ptp(second) == 0:
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


def noisy(
    x: Tensor,
    valid_mask: Tensor,
    preprocessing: Preprocessing,
    *,
    radius: float = RADIUS,
    draws: int = DRAWS,
    seed: int = 0,
) -> Iterator[Tensor]:
    """Images within a cube around one: uniform noise on every pixel of the image.

    The noise is the same in the three colours, so that a grey image stays grey, and is not clipped
    to the pixel range, which would halve it on black.

    Args:
        x: ``(3, S, S)`` normalised.
        valid_mask: ``(S, S)`` bool; the padding stays as it is.
        preprocessing: by which x was normalised.
        radius: the noise's largest size, of a pixel range of 1.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    image = valid_mask.to(x)
    white, black = torch.ones_like(x), torch.zeros_like(x)
    pixel_range = preprocessing.normalise(white) - preprocessing.normalise(black)
    for _ in range(draws):
        noise = torch.rand(x.shape[1:], generator=generator) * 2 - 1
        yield x + radius * noise.to(x) * image * pixel_range


def max_sensitivity(
    heatmap: NDArray[Any], perturbed: Sequence[NDArray[Any]], valid_mask: NDArray[np.bool_]
) -> float:
    """The largest L2 distance of the perturbed images' heatmaps to the image's own, over its norm.

    0 is a heatmap that does not move; two heatmaps that have nothing in common are about 1 apart.
    A method that ignores the network does not move either: read it beside the randomised weights.

    Args:
        heatmap: ``(S, S)``.
        perturbed: of each perturbed image, ``(S, S)``.
        valid_mask: ``(S, S)``, True on the image.

    Returns:
        At least 0; nan where the image's own heatmap is zero.
    """
    own = heatmap[valid_mask].astype(np.float64)
    length = float(np.linalg.norm(own))
    if length == 0:
        return float("nan")
    return max(float(np.linalg.norm(other[valid_mask] - own)) for other in perturbed) / length


def sanity(
    predictor: Predictor,
    samples: Sequence[Sample],
    count: int,
    method: HeatmapMethod,
    *,
    resamples: int = 1000,
) -> dict[str, Any]:
    """Heatmaps of the predicted class and of its strongest prototype against what they should equal
    and what they should not.

    ``randomised`` are rank correlations that should fall towards 0 as parts go; a prototype does
    not depend on the head, so its first one is 1. ``seeds`` and ``jpeg`` are rank correlations that
    should stay near 1, ``max_sensitivity`` should stay near 0. ``empty`` is the fraction of images
    whose own heatmap is constant; they are in no other figure.
    """
    networks = dict(randomised(predictor.bundle.model))
    chosen = evenly_spaced(samples, count)
    rows = []
    for done, sample in enumerate(chosen, 1):
        rows.append(_image_figures(predictor, networks, sample, method))
        _log.info("sanity: %d of %d", done, len(chosen))
    means = mean_intervals(rows, [sample.patient_id for sample in chosen], resamples)
    return {
        "method": method.name,
        "tier": method.tier,
        "images": len(chosen),
        "noise": {"radius": RADIUS, "draws": DRAWS, "norm": "L2"},
        **{
            node: {"randomised": {f"down to {part}": means[f"{node} {part}"] for part in CASCADE}}
            | {name: means[f"{node} {name}"] for name in FIGURES}
            for node in NODES
        },
        "jpeg": {"quality": QUALITY}
        | {name: means[f"jpeg {name}"] for name in ("same_label", "probability_change")},
    }


def comparable_readers(bundle: Bundle, other: Bundle) -> tuple[MaskReader, MaskReader]:
    """The mask readers of two bundles, where both can read the network of the first.

    Raises:
        ReadableError: one of the two has no mask reader, or they are not built alike.
    """
    own, foreign = bundle.mask_reader, other.mask_reader
    if own is None or foreign is None:
        without = bundle.name if own is None else other.name
        raise ReadableError(
            f"{without} has no mask reader to compare. Train one: python -m training reader."
        )
    built, built_other = own.options, foreign.options
    if (built.stages, built.depth, built.classes) != (
        built_other.stages,
        built_other.depth,
        built_other.classes,
    ):
        raise ReadableError(
            f"The mask reader of {other.name} is built for other features, prototypes or classes, "
            "so it cannot read this network. Choose a bundle of the same backbone and classes."
        )
    return own, foreign


def foreign_reader(
    predictor: Predictor,
    samples: Sequence[Sample],
    count: int,
    other: Bundle,
    *,
    resamples: int = 1000,
) -> dict[str, Any]:
    """The maps that another bundle's mask reader draws of this network, beside those of its own.

    Of a reader that was trained for another network the rank correlation should be near 0: else
    readers mark what images have in common, whatever the network. Of one that was trained for the
    same network with another seed it should be near 1.

    Raises:
        ReadableError: as :func:`comparable_readers`.
    """
    from dprotonet.explain.mdm.mdm import MDM
    from dprotonet.explain.settings import TIERS

    readers = comparable_readers(predictor.bundle, other)
    methods = [MDM(predictor.model, TIERS["instant"], reader=reader) for reader in readers]
    chosen, rows = evenly_spaced(samples, count), []
    for sample in chosen:
        x, placement = predictor.bundle.preprocessing(sample.load())
        nodes = leading_nodes(predictor.bundle, predictor.predict_tensor(x))
        valid = placement.valid_mask()
        row = {}
        for name, node in zip(NODES, nodes, strict=True):
            maps = (m.attribute(x.to(predictor.device), node, valid_mask=valid) for m in methods)
            first, second = (one[0].cpu().numpy() for one in maps)
            row[name] = rank_correlation(first, second, valid.numpy())
        rows.append(row)
    return {
        "reader_of": other.name,
        "same_network": other.manifest.parts == predictor.bundle.manifest.parts,
        "images": len(chosen),
        "rank_correlation": mean_intervals(
            rows, [sample.patient_id for sample in chosen], resamples
        ),
    }


def _image_figures(
    predictor: Predictor, networks: dict[str, DProtoNet], sample: Sample, method: HeatmapMethod
) -> dict[str, float]:
    """One image's figures, those of a node by ``NODE FIGURE``."""
    preprocessing = predictor.bundle.preprocessing
    x, placement = preprocessing(sample.load())
    prediction, valid_mask = predictor.predict_tensor(x), placement.valid_mask()
    nodes = leading_nodes(predictor.bundle, prediction)

    def heatmaps(model: DProtoNet, image: Tensor, seed: int = 0) -> list[NDArray[Any]]:
        seeded = replace(method, seed=seed)
        explanations = seeded.explain(predictor, image, valid_mask, nodes, model=model)
        return [explanation.heatmap for explanation in explanations]

    jpeg = through_jpeg(x, preprocessing)
    of_jpeg = predictor.predict_tensor(jpeg)
    leading = prediction.require_leading()
    change = of_jpeg.probabilities[leading] - prediction.probabilities[leading]
    row = {
        "jpeg same_label": float(of_jpeg.label == prediction.label),
        "jpeg probability_change": abs(change),
    }
    own, valid = heatmaps(predictor.bundle.model, x), valid_mask.numpy()
    others = {part: heatmaps(network, x) for part, network in networks.items()}
    others["seeds"] = heatmaps(predictor.bundle.model, x, seed=1)
    others["jpeg"] = heatmaps(predictor.bundle.model, jpeg)
    views = noisy(x, valid_mask, preprocessing)
    perturbed = [heatmaps(predictor.bundle.model, image) for image in views]
    for n, node in enumerate(NODES):
        for name, other in others.items():
            row[f"{node} {name}"] = rank_correlation(own[n], other[n], valid)
        row[f"{node} empty"] = float(np.ptp(own[n][valid]) == 0)
        row[f"{node} max_sensitivity"] = max_sensitivity(
            own[n], [of_nodes[n] for of_nodes in perturbed], valid
        )
    return row
