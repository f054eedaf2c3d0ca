"""The gate of a bundle, fitted: how far an image may be from the training images.

The distance is fitted to the training images and to altered copies of them, and its limits are
chosen on the validation images and such copies: a film that lies a little askew, or is cropped a
little, is still one. Upside-down and inverted images need no example, they are far away.
"""

from __future__ import annotations

import logging
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.parts import FittedSupport
from dprotonet.bundle.support.limits import SupportLimits
from dprotonet.bundle.writer import add_support
from dprotonet.modeling.gate_stage import gate_stage, stage_features
from dprotonet.modeling.preprocessing import Preprocessing
from dprotonet.modeling.support_distance import fit_distance
from training.data.inputs import derived_seed, images_a_pass
from training.data.placed_images import PlacedImages
from training.fitting.context import SplitRows, TrainingContext
from training.fitting.placed_split import placed_split
from training.io import progress_bar
from training.recipe import load_recipe

_log = logging.getLogger(__name__)

TURN = 12.0
"""Degrees that a copy is turned by at most: a little more than the 10 that are to be accepted."""

CROP = 0.12
"""Of the side that is cut off a copy at most, in all: a little more than the accepted tenth."""

GAMMA, NOISE = 0.2, 0.02
"""Of a copy: how far its gamma lies from 1, and the noise's standard deviation, at most."""

CAUTIONED, REFUSED = 0.02, 0.001
"""Fractions of images like the validation images beyond the limits. A new set of patients is more
varied than the few of validation: with a limit for 2 % of these, 8 % of test images were refused
(docs/results/gate.md). Foreign images are far beyond either."""

LEAST_TRAINING, LEAST_VALIDATION = 20, 4
"""Training and validation images without which no gate is fitted."""

_TRAIN_COPIES, _VALIDATION_COPIES = 4, 7
_MOST_PASSES = 4000  # through the first blocks, for each of the two sets
# One-sided points of the normal distribution: 98 %, 99.9 % and, of the confidence bound, 95 %.
_Z_CAUTIONED, _Z_REFUSED, _Z_SURE = 2.054, 3.090, 1.645


def fit_support(
    backbone: nn.Module,
    name: str,
    images: PlacedImages,
    rows: SplitRows,
    preprocessing: Preprocessing,
    *,
    flip: bool,
    seed: int = 0,
    device: str = "cpu",
) -> FittedSupport | None:
    """Fit the gate of a network.

    Args:
        backbone: trained, whole.
        name: its architecture's.
        images: all images on the network's grid.
        flip: whether mirrored copies belong to the model's images, as they did in training.
        seed: of the copies.

    Returns:
        The distance with its limits; None where there are too few images.
    """
    if len(rows.train) < LEAST_TRAINING or len(rows.validation) < LEAST_VALIDATION:
        _log.warning(
            "no gate: it needs %d training and %d validation images",
            LEAST_TRAINING,
            LEAST_VALIDATION,
        )
        return None
    stage = gate_stage(name)
    reader = _Reader(backbone.eval().to(device), stage, images, preprocessing, flip, seed, device)
    distance = fit_distance(reader.features(rows.train, _TRAIN_COPIES, "support"))
    own = distance(reader.features(rows.validation, _VALIDATION_COPIES, "its limits")).numpy()
    caution_from, threshold = limits_of(own, len(rows.validation))
    _log.info("gate: caution from %.3f, refused from %.3f", caution_from, threshold)
    return FittedSupport(
        distance,
        SupportLimits(stage, caution_from, threshold, len(rows.train), len(rows.validation)),
    )


def limits_of(distances: NDArray[np.float64], images: int) -> tuple[float, float]:
    """The distances from which images are cautioned and refused.

    Quantiles of a few dozen images are uncertain, and more often too low than too high. So either
    limit is the upper 95 % confidence bound of its quantile, as if the log distances were normal
    (Hahn & Meeker 1991, "Statistical Intervals", section 4.4), and never below the quantile itself.

    Args:
        distances: of validation images and of copies of them, above 0.
        images: how many images they are of.

    Returns:
        The distance from which :data:`CAUTIONED` lie, and that from which :data:`REFUSED` do.
    """
    logs = np.log(distances)
    mean, sd = float(logs.mean()), float(logs.std(ddof=1))

    def bound(z: float, fraction: float) -> float:
        factor = z + _Z_SURE * math.sqrt(1 / images + z**2 / (2 * (images - 1)))
        return max(float(np.quantile(distances, 1 - fraction)), math.exp(mean + factor * sd))

    return bound(_Z_CAUTIONED, CAUTIONED), bound(_Z_REFUSED, REFUSED)


def fit_for_bundle(
    context: TrainingContext, rows: SplitRows, model: nn.Module
) -> FittedSupport | None:
    """The gate of a network that was just trained."""
    recipe = context.recipe
    support = fit_support(
        model.get_submodule("backbone"),
        recipe.backbone,
        context.images,
        rows,
        context.preprocessing,
        flip=recipe.flip,
        seed=recipe.seed,
        device=context.device,
    )
    model.cpu()
    return support


def attach_support(
    bundle: Bundle, data: Path | None, *, scope_of: str | None = None, device: str = "cpu"
) -> Bundle:
    """Fit a gate for a bundle that has none, or anew, and write it into the bundle.

    Args:
        data: the data set that the bundle was trained on.
        scope_of: name or path of a recipe whose card's scope goes into the bundle's card.

    Raises:
        ReadableError: the data cannot be had, has other classes, or too few images.
    """
    scope = None if scope_of is None else load_recipe(scope_of).card.scope
    split = placed_split(bundle, data)
    support = fit_support(
        bundle.reasons_network.backbone,
        bundle.reasons_options.backbone,
        split.images,
        SplitRows(split.train, split.validation, torch.empty(0, dtype=torch.int64)),
        bundle.preprocessing,
        flip=split.recipe.flip,
        seed=split.recipe.seed,
        device=device,
    )
    if support is None:
        raise split.too_few(bundle.name, LEAST_TRAINING, LEAST_VALIDATION)
    return add_support(bundle, support, scope)


class _Reader:
    """Reads features of images and of altered copies of them."""

    def __init__(
        self,
        backbone: nn.Module,
        stage: str,
        images: PlacedImages,
        preprocessing: Preprocessing,
        flip: bool,
        seed: int,
        device: str,
    ) -> None:
        self._backbone, self._stage = backbone, stage
        self._images, self._preprocessing = images, preprocessing
        self._flip, self._seed, self._device = flip, seed, device

    def features(self, rows: Tensor, copies: int, purpose: str) -> Tensor:
        """``(n, F)`` of the images at ``rows`` as they are, and of so many copies of each.

        Of a large set an even choice is read, so that it takes minutes at most.
        """
        most = _MOST_PASSES // (copies + 1)
        if len(rows) > most:
            rows = rows[torch.linspace(0, len(rows) - 1, most).long()]
        jobs = [(row, copy) for copy in range(copies + 1) for row in rows.tolist()]
        size = images_a_pass(self._preprocessing.size)
        batches = [jobs[at : at + size] for at in range(0, len(jobs), size)]
        features = []
        with torch.inference_mode():
            for batch in progress_bar(batches, len(batches), purpose):
                inputs = torch.stack([self._input(row, copy) for row, copy in batch])
                inputs = inputs.to(self._device).contiguous(memory_format=torch.channels_last)
                features.append(stage_features(self._backbone, self._stage, inputs).cpu())
        return torch.cat(features).clone()

    def _input(self, row: int, copy: int) -> Tensor:
        """``(3, S, S)`` normalised; copy 0 is the image as it is."""
        image = self._images.pixels[row].float() / 255.0
        if copy:
            name = self._images.samples[row].sample_id
            image = altered(
                image,
                np.random.default_rng(derived_seed("support", self._seed, name, copy)),
                flip=self._flip,
            )
        return self._preprocessing.normalise(image.expand(3, -1, -1))


def altered(image: Tensor, chance: np.random.Generator, *, flip: bool) -> Tensor:
    """A copy of a placed image ``(C, S, S)`` in [0, 1] that is still one of its kind.

    It is turned by up to :data:`TURN` degrees, what comes in being black, white or the edge drawn
    out; cropped by up to :data:`CROP`; and its gamma and noise differ a little. An image that was
    turned before it was stored is padded afterwards: so in half of the copies the padding stays
    where it was.
    """
    angle, crop = math.radians(chance.uniform(-TURN, TURN)), chance.uniform(0.0, CROP)
    side = 1.0 - crop
    grid = torch.tensor(
        [
            [math.cos(angle) * side, -math.sin(angle) * side, chance.uniform(-crop, crop)],
            [math.sin(angle) * side, math.cos(angle) * side, chance.uniform(-crop, crop)],
        ],
        dtype=torch.float32,
    )
    field = functional.affine_grid(grid[None], [1, *image.shape], align_corners=False)
    fill = ("zeros", "white", "border")[int(chance.integers(3))]
    source = image if fill != "white" else 1.0 - image
    mode = "border" if fill == "border" else "zeros"
    copy = functional.grid_sample(source[None], field, padding_mode=mode, align_corners=False)[0]
    copy = copy if fill != "white" else 1.0 - copy
    copy = copy.clamp(0.0, 1.0) ** chance.uniform(1.0 - GAMMA, 1.0 + GAMMA)
    noise = chance.normal(0.0, chance.uniform(0.0, NOISE), copy.shape).astype(np.float32)
    copy = (copy + torch.from_numpy(noise)).clamp(0.0, 1.0)
    if chance.random() < 0.5:
        copy = torch.where(_framed(image), copy, 0.0)
    return copy.flip(-1) if flip and chance.random() < 0.5 else copy


def _framed(image: Tensor) -> Tensor:
    """``(S, S)`` bool: False on the padding, the black lines on two opposite sides.

    An image that is black on all four sides is not padded, or not only.
    """
    shown = (image > 0.0).any(dim=0)
    framed = torch.ones_like(shown)
    black = [_black(shown.any(dim=along)) for along in (1, 0)]
    if min(black) == 0:
        framed[: black[0]] = framed[len(framed) - black[0] :] = False
        framed[:, : black[1]] = framed[:, len(framed) - black[1] :] = False
    return framed


def _black(shown: Tensor) -> int:
    """How many lines, of ``(S,)`` that show something or not, are black on either side."""
    lines = shown.nonzero().flatten()
    return min(int(lines[0]), len(shown) - 1 - int(lines[-1])) if len(lines) else 0
