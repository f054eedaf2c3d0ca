from __future__ import annotations

import numpy as np
import pytest

from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.windows import Window
from training.datasets.samples import Sample
from training.evaluation.linear_probe import ProbeOptions, probe

OPTIONS = ProbeOptions(image_size=32, batch=16)


def _samples(brightness_tells: bool, n: int = 90) -> list[Sample]:
    """Flat noise; in one case the second class is brighter, in the other nothing tells them."""

    def maker(index: int, label: int):
        def make() -> GrayOrColourImage:
            rng = np.random.default_rng(index)
            level = 60 + 90 * label if brightness_tells else 100
            pixels = rng.normal(level, 20, (32, 32)).clip(0, 255).astype(np.uint8)
            facts = ImageFacts("png", 32, 32, 1, False, 8)
            return GrayOrColourImage(pixels, (Window(128, 256),), False, None, facts)

        return make

    return [Sample(f"s{i}", None, f"p{i}", i % 2, make=maker(i, i % 2)) for i in range(n)]


def test_random_features_tell_bright_from_dark():
    result = probe(_samples(True), ("dark", "bright"), OPTIONS)
    assert result.auroc > 0.95
    assert set(result.per_class) == {"dark", "bright"}
    assert result.train + result.validation + result.test == 90


def test_random_features_cannot_tell_what_is_the_same():
    assert probe(_samples(False), ("one", "two"), OPTIONS).auroc < 0.85


@pytest.mark.parametrize("calibrate", [True, False])
def test_the_same_seed_gives_the_same_score(calibrate):
    options = ProbeOptions(image_size=32, batch=16, calibrate=calibrate)
    first, second = (probe(_samples(True), ("dark", "bright"), options) for _ in range(2))
    assert first.to_json() == second.to_json()
