"""A linear probe: how well features do that were not trained on the data set.

Where random features do well, brightness and size alone separate the classes. With pretrained
weights the same probe is a cheap estimate of what can be learned.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dprotonet.errors import ReadableError
from training.data.splits import by_split
from training.datasets.samples import Sample

if TYPE_CHECKING:
    import torch

    from dprotonet.modeling.preprocessing import Preprocessing

_log = logging.getLogger(__name__)

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Inverse regularisation tried; the validation split chooses."""


@dataclass(frozen=True)
class ProbeOptions:
    """The fixed network of the probe."""

    backbone: str = "mobilenet_v2"
    weights: str | None = None  # a .safetensors file; None leaves the weights random
    image_size: int = 224  # px
    seed: int = 0  # of the random weights
    batch: int = 32  # images
    calibrate: bool = False  # fit batch-norm statistics of random weights to training images


@dataclass(frozen=True)
class ProbeResult:
    """One probe's score on the test split.

    Attributes:
        auroc: macro mean of one-vs-rest AUROC.
        per_class: one-vs-rest AUROC by class name.
        validation_auroc: what the regularisation was chosen by.
        strength: the chosen inverse regularisation.
        train, validation, test: images of each split.
        options: as given.
    """

    auroc: float
    per_class: dict[str, float]
    validation_auroc: float
    strength: float
    train: int
    validation: int
    test: int
    options: ProbeOptions

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def probe(
    samples: Sequence[Sample], classes: Sequence[str], options: ProbeOptions | None = None
) -> ProbeResult:
    """Fit a logistic regression on pooled features of a fixed network.

    Args:
        samples: of any data set; they are split by patient as in training.
        classes: names by label.
        options: network and weights; random ones where not given.
    """
    from dprotonet.modeling.preprocessing import Preprocessing

    if any(s.labels is not None for s in samples):
        raise ReadableError(
            "The probe asks for one class each, and these images have any number. "
            "Leave multi_label out."
        )
    options = options or ProbeOptions()
    preprocessing = Preprocessing(size=options.image_size)
    features = pooled_features(samples, options, preprocessing)
    place = {s.sample_id: i for i, s in enumerate(samples)}
    rows = {k: [place[s.sample_id] for s in v] for k, v in by_split(samples).items()}
    labels = np.array([s.label for s in samples])
    best: tuple[float, float, NDArray[np.float64]] | None = None
    for strength in STRENGTHS:
        probabilities = _fit(features, labels, rows["train"], strength)
        score = float(np.mean(_aurocs(labels, probabilities, rows["validation"], len(classes))))
        if best is None or score > best[0]:
            best = (score, strength, probabilities)
    assert best is not None  # STRENGTHS is not empty
    test = _aurocs(labels, best[2], rows["test"], len(classes))
    return ProbeResult(
        auroc=float(np.mean(test)),
        per_class=dict(zip(classes, test, strict=True)),
        validation_auroc=best[0],
        strength=best[1],
        train=len(rows["train"]),
        validation=len(rows["validation"]),
        test=len(rows["test"]),
        options=options,
    )


def pooled_features(
    samples: Sequence[Sample], options: ProbeOptions, preprocessing: Preprocessing
) -> NDArray[np.float32]:
    """``(N, D)`` averages of the last feature map over the image."""
    import torch

    from dprotonet.modeling.backbones import build_backbone

    torch.manual_seed(options.seed)
    weights = Path(options.weights) if options.weights else None
    network = build_backbone(options.backbone, weights).eval()
    network = network.to(memory_format=torch.channels_last)
    pooled: list[NDArray[np.float32]] = []
    if options.weights is None and options.calibrate:
        _calibrate(network, by_split(samples)["train"][: 4 * options.batch], options, preprocessing)
    with torch.inference_mode():
        for start in range(0, len(samples), options.batch):
            part = samples[start : start + options.batch]
            batch = torch.stack([preprocessing(s.load())[0] for s in part])
            pooled.append(network(batch).mean(dim=(2, 3)).numpy())
            _log.info("probe: %d of %d images", start + len(part), len(samples))
    return np.concatenate(pooled)


def _calibrate(
    network: torch.nn.Module,
    samples: Sequence[Sample],
    options: ProbeOptions,
    preprocessing: Preprocessing,
) -> None:
    """Give batch norm the mean and variance of some images, without their labels.

    Without it a random network's activations shrink layer by layer (the regression scales them
    back). With it each layer normalises them, and contrast counts for more than brightness.
    """
    import torch

    norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over all batches
    network.train()
    with torch.inference_mode():
        for start in range(0, len(samples), options.batch):
            part = samples[start : start + options.batch]
            network(torch.stack([preprocessing(s.load())[0] for s in part]))
    network.eval()


def _fit(
    features: NDArray[np.float32], labels: NDArray[np.int64], train: list[int], strength: float
) -> NDArray[np.float64]:
    """``(N, K)`` probabilities of a regression fitted on the training rows."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2000))
    model.fit(features[train], labels[train])
    return np.asarray(model.predict_proba(features))


def _aurocs(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], rows: list[int], classes: int
) -> list[float]:
    from sklearn.metrics import roc_auc_score

    return [
        float(roc_auc_score(labels[rows] == k, probabilities[rows][:, k])) for k in range(classes)
    ]
