import math
import shutil

import numpy as np
import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.manifest import SUPPORT
from dprotonet.errors import ReadableError
from training.fitting import support
from training.fitting.support import CROP, altered, attach_support, fit_support, limits_of


def film(seed: int = 0) -> torch.Tensor:
    return torch.rand(1, 32, 32, generator=torch.Generator().manual_seed(seed))


def test_a_copy_is_another_image_in_the_same_range_and_its_seed_decides_which():
    first, again, other = (
        altered(film(), np.random.default_rng(seed), flip=False) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.shape == (1, 32, 32)
    assert float(first.min()) >= 0.0 and float(first.max()) <= 1.0


def test_what_comes_in_at_a_turn_is_black_white_or_the_edge():
    grey = torch.full((1, 64, 64), 0.5)
    corners = {
        round(float(altered(grey, np.random.default_rng(seed), flip=False)[0, 0, 0]), 0)
        for seed in range(60)
    }
    assert corners == {0.0, 1.0}


def test_the_padding_of_an_image_turns_with_it_or_stays_where_it_was():
    padded = torch.zeros(1, 64, 64)
    padded[:, :, 8:-8] = 0.5
    copies = [altered(padded, np.random.default_rng(seed), flip=False) for seed in range(60)]
    straight = [not copy[0, :, [*range(8), *range(-8, 0)]].any() for copy in copies]

    assert 15 < sum(straight) < 45
    black = torch.zeros(1, 64, 64)
    assert altered(black, np.random.default_rng(0), flip=False).shape == black.shape


def test_only_where_mirrored_images_were_trained_on_are_copies_mirrored():
    side = torch.linspace(0, 1, 64).expand(1, 64, 64)

    def mirrored(flip: bool) -> list[bool]:
        copies = (altered(side, np.random.default_rng(seed), flip=flip) for seed in range(30))
        middle = [copy[0, 16:48] for copy in copies]
        return [bool(m[:, 16:32].mean() > m[:, 32:48].mean()) for m in middle]

    assert not any(mirrored(False))
    assert 5 < sum(mirrored(True)) < 25


def test_at_most_the_stated_fraction_is_cropped():
    assert CROP >= 0.1
    dots = torch.zeros(1, 200, 200)
    dots[:, 95:105, 95:105] = 1.0
    for seed in range(20):
        copy = altered(dots, np.random.default_rng(seed), flip=False)
        bright = copy[0, 60:140, 60:140] > 0.5
        assert 80 < int(bright.sum()) < 100 / (1 - CROP) ** 2 + 30


def test_of_many_images_the_limits_are_the_quantiles_of_validation():
    distances = np.exp(np.random.default_rng(0).normal(0.0, 0.1, 200_000))
    caution_from, threshold = limits_of(distances, 200_000)

    assert math.isclose(caution_from, np.quantile(distances, 0.98), rel_tol=5e-3)
    assert math.isclose(threshold, np.quantile(distances, 0.999), rel_tol=1e-2)


def test_of_few_images_the_limit_is_further_out_and_never_within_the_quantile():
    distances = np.exp(np.random.default_rng(0).normal(0.0, 0.1, 500))
    few, many = limits_of(distances, 20)[1], limits_of(distances, 500)[1]

    assert few > many >= np.quantile(distances, 0.999)


def test_training_gives_the_bundle_a_gate(trained):
    bundle = Bundle.load(trained)
    limits = bundle.support_limits

    assert limits is not None
    assert limits.stage == "features.13"
    assert SUPPORT in bundle.manifest.files
    assert bundle.support_distance is not None
    assert bundle.card.metrics["support"]["films"] > 0


def test_a_gate_can_be_fitted_again_and_is_the_same(trained, class_folder, tmp_path):
    folder = tmp_path / "b"
    shutil.copytree(trained, folder)
    before = Bundle.load(folder)

    after = attach_support(before, class_folder)

    assert after.support_limits is not None and before.support_limits is not None
    assert after.support_limits.fitted_on == before.support_limits.fitted_on
    assert math.isclose(
        after.support_limits.threshold, before.support_limits.threshold, rel_tol=0.01
    )


def test_the_scope_of_a_recipe_goes_into_the_card(trained, class_folder, tmp_path):
    folder = tmp_path / "b"
    shutil.copytree(trained, folder)

    after = attach_support(Bundle.load(folder), class_folder, scope_of="nih")

    assert after.card.scope is not None
    assert after.card.scope.views == ("PA", "AP")


def test_too_few_images_give_no_gate(context, monkeypatch, trained, class_folder):
    from training.fitting.context import SplitRows

    rows = SplitRows(torch.arange(6), torch.arange(6, 8), torch.arange(8, 10))
    network = torch.nn.Identity()
    assert (
        fit_support(network, "any", context.images, rows, context.preprocessing, flip=False) is None
    )
    monkeypatch.setattr(support, "LEAST_TRAINING", 10_000)
    with pytest.raises(ReadableError, match="at least 10000"):
        attach_support(Bundle.load(trained), class_folder)


def test_the_gate_passes_no_more_images_together_than_their_size_allows(context, monkeypatch):
    from training.fitting.context import SplitRows

    sizes, sides = [], []

    def features(_backbone: torch.nn.Module, _stage: str, images: torch.Tensor) -> torch.Tensor:
        sizes.append(len(images))
        return torch.rand(len(images), 8, generator=torch.Generator().manual_seed(len(sizes)))

    monkeypatch.setattr(support, "gate_stage", lambda _name: "block")
    monkeypatch.setattr(support, "stage_features", features)
    monkeypatch.setattr(support, "images_a_pass", lambda side: sides.append(side) or 3)
    rows = SplitRows(torch.arange(20), torch.arange(20, 24), torch.arange(0))

    assert fit_support(
        torch.nn.Identity(), "any", context.images, rows, context.preprocessing, flip=False
    )
    assert max(sizes) == 3 and set(sides) == {context.preprocessing.size}
    assert sum(sizes) == 20 * 5 + 4 * 8
