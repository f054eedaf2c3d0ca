"""Our measures and maps against those of other libraries, where these are installed.

captum is a part of this project. torch-cam and Quantus are not, and their tests are skipped without
them: torch-cam hooks into a network whose weights want gradients, which ours do not, and Quantus is
copyleft (LGPL), so neither may become a part. To run everything once, beside the environment:

    pip install --target DIR --no-deps torchcam quantus opencv-python-headless cachetools \
        scikit-image lazy_loader imageio tifffile
    PYTHONPATH=DIR python -m pytest tests/dprotonet/explain/test_against_others.py

Written against captum 0.9.0, torch-cam 0.5.0 and Quantus 0.6.0.
"""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch

from dprotonet.explain.baselines.registry import METHODS
from dprotonet.explain.masking.fills import make_fill
from dprotonet.explain.nodes import ClassNode
from dprotonet.explain.settings import MDMSettings
from tests.dprotonet.explain.toys import SIZE, PatchClassifier, toy_image
from training.evaluation.faithfulness import figures
from training.evaluation.sanity import max_sensitivity

STEPS = 12  # Quantus wants 3 / STEPS of the pixels to divide them all
EXACT = MDMSettings(precision="float32", fills=("zero",), faithfulness_steps=STEPS)
NODE = ClassNode(1)


def images():
    """Images with and without what the classifier looks for, the last one noise."""
    noise = torch.randn(3, SIZE, SIZE, generator=torch.Generator().manual_seed(5))
    places = ((6, 22), (28, 4), (16, 16))
    return [toy_image(squares=at) for at in places] + [
        toy_image(rows=(8, 8)),
        toy_image() + 0.3 * noise,
    ]


def explained(x, method="gradcam", settings=EXACT, node=NODE):
    return METHODS[method](PatchClassifier(), x, [node], settings=settings)[0]


def probability(x, node=NODE):
    with torch.no_grad():
        return float(PatchClassifier()(x[None]).softmax(dim=1)[0, node.index])


def test_grad_cam_is_captum_s_up_to_its_scale():
    from captum.attr import LayerAttribution, LayerGradCam

    compared = 0
    for x in images():
        model = PatchClassifier()
        theirs = LayerGradCam(model, model.features).attribute(
            x[None], target=NODE.index, relu_attributions=True
        )
        theirs = LayerAttribution.interpolate(theirs, (SIZE, SIZE), "bilinear")[0, 0].detach()
        result = explained(x)
        low, high = result.raw_range
        ours = torch.from_numpy(result.heatmap) * (high - low) + low
        assert (float(theirs.max()) > 0) == (float(ours.max()) > 0)
        if float(theirs.max()) > 0:
            assert torch.allclose(ours / ours.max(), theirs / theirs.max(), atol=1e-4)
            compared += 1
    assert compared >= 3


def test_max_sensitivity_is_captum_s_for_the_same_perturbed_images():
    from captum.metrics import sensitivity_max

    shaken = []

    def perturbed(given, radius):
        noise = torch.rand(given.shape, generator=torch.Generator().manual_seed(3)) * 2 - 1
        shaken.append(given + radius * noise)
        return shaken[-1]

    def maps(inputs):
        batch = inputs[0] if isinstance(inputs, tuple) else inputs
        return (torch.stack([torch.from_numpy(explained(x).heatmap) for x in batch]),)

    for x in images()[:2]:
        shaken.clear()
        theirs = sensitivity_max(
            maps, x[None], perturb_func=perturbed, perturb_radius=0.2, n_perturb_samples=4
        )
        (batch,) = shaken
        whole = np.ones((SIZE, SIZE), dtype=bool)
        others = [explained(one).heatmap for one in batch]
        ours = max_sensitivity(explained(x).heatmap, others, whole)
        assert 0.01 < ours < 10
        assert ours == pytest.approx(float(theirs), rel=1e-5)


def test_drop_and_increase_are_torch_cam_s_once_both_are_fractions_of_the_same():
    """Ours are fractions of the span between image and fill, torch-cam's of the value itself."""
    metrics = pytest.importorskip("torchcam.metrics")

    class Extractor:
        """Hands our own heatmap to torch-cam's metric."""

        model = PatchClassifier()

        def __init__(self, heatmap):
            self.heatmap = torch.from_numpy(heatmap)

        def __call__(self, class_idx=None, scores=None, normalized=True, **_more):
            return [self.heatmap[None]]

        def fuse_cams(self, cams):
            return cams[0]

        def _hooks_off(self):
            return nullcontext()

    drops, increases = [], []
    for node in (ClassNode(0), NODE):
        for x in images():
            result = explained(x, "centre", node=node)
            theirs = metrics.ClassificationMetric(
                Extractor(result.heatmap), lambda logits: logits.softmax(dim=1)
            )
            theirs.update(x[None], node.index)
            ours, before = figures(result), result.value_before
            span = before - probability(torch.zeros_like(x), node)
            if span > 1e-6:
                drops.append(ours["average_drop"] * span / before)
                assert drops[-1] == pytest.approx(theirs.summary()["avg_drop"], abs=1e-5)
            increases.append(ours["average_increase"])
            assert increases[-1] == theirs.summary()["conf_increase"]
    assert max(drops) > 0.01
    assert set(increases) == {0.0, 1.0}


@pytest.mark.parametrize("fill", ["blur", "mean", "zero"])
def test_the_deletion_curve_is_quantus_pixel_flipping_with_our_fill(fill):
    quantus = pytest.importorskip("quantus")
    settings = replace(EXACT, fills=(fill,))
    for x in images()[:3]:
        result = explained(x, "occlusion", settings)
        heatmap = _without_ties(result.heatmap)
        shown = make_fill(fill, x, sigma=settings.fill_sigma).numpy().ravel()

        def flipped(arr, indices, shown=shown, **_more):
            arr = arr.copy()
            for row, at in zip(arr, indices, strict=True):
                row[at] = shown[at]
            return arr

        metric = quantus.PixelFlipping(
            features_in_step=3 * SIZE * SIZE // STEPS,
            normalise=False,
            perturb_func=flipped,
            disable_warnings=True,
        )
        (theirs,) = metric(
            model=PatchClassifier(),
            x_batch=x[None].numpy(),
            y_batch=np.array([NODE.index]),
            a_batch=heatmap[None, None],
            softmax=True,
            channel_first=True,
        )
        measured = result.faithfulness
        assert measured.deletion[0] - measured.deletion[-1] > 0.5
        assert measured.deletion[1:] == pytest.approx(theirs, abs=1e-4)
        # Not its calculate_auc: Quantus 0.6.0 asks NumPy for trapz, which NumPy 2.4 has no more.
        area = np.trapezoid([probability(x), *theirs], dx=1 / STEPS)
        assert measured.deletion_auc == pytest.approx(float(area), abs=1e-4)


def _without_ties(heatmap):
    """The same order of pixels, as ranks: a tie, which each would break its own way, by place."""
    order = np.argsort(-heatmap.ravel(), kind="stable")
    ranks = np.empty(heatmap.size, dtype=np.float64)
    ranks[order] = np.arange(heatmap.size, 0, -1)
    return ranks.reshape(heatmap.shape)
