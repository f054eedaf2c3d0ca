from types import SimpleNamespace

import numpy as np
import pytest
import torch

from dprotonet.bundle.writer import add_reader
from dprotonet.errors import ReadableError
from dprotonet.inference.predictor import Predictor
from dprotonet.modeling.preprocessing import Preprocessing
from tests.dprotonet.read_bundle import WHEN, untrained_reader
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from training.evaluation.faithfulness import NODES
from training.evaluation.heatmap_method import HeatmapMethod
from training.evaluation.sanity import (
    DRAWS,
    LAST_BLOCKS,
    RADIUS,
    foreign_reader,
    max_sensitivity,
    noisy,
    randomised,
    sanity,
)

IMAGE = np.ones((32, 32), dtype=bool)


def noise(seed):
    return np.random.default_rng(seed).random((32, 32))


def test_a_map_that_does_not_move_has_no_sensitivity():
    assert max_sensitivity(noise(0), [noise(0)] * 4, IMAGE) == 0.0


def test_maps_of_pure_noise_are_far_apart():
    # Two independent uniform maps: sqrt(E(a - b)^2 / E a^2) = sqrt((1 / 6) / (1 / 3)).
    result = max_sensitivity(noise(0), [noise(seed) for seed in range(1, 5)], IMAGE)
    assert result == pytest.approx(0.5**0.5, rel=0.1)


def test_the_largest_of_the_changes_counts_as_a_fraction_of_the_map_itself():
    own = np.full((32, 32), 2.0)
    assert max_sensitivity(own, [own, own + 1, own - 0.5], IMAGE) == pytest.approx(0.5)
    assert max_sensitivity(10 * own, [10 * own + 10], IMAGE) == pytest.approx(0.5)


def test_only_the_image_counts():
    image, other = IMAGE.copy(), noise(0)
    image[:4] = False
    other[:4] += 100
    assert max_sensitivity(noise(0), [other], image) == 0.0


def test_an_empty_map_has_no_figure_rather_than_a_perfect_one():
    assert np.isnan(max_sensitivity(np.zeros((32, 32)), [noise(0)], IMAGE))


def test_the_noise_fills_its_radius_of_the_pixel_range_and_spares_the_padding():
    preprocessing, valid_mask = Preprocessing(32), torch.ones(32, 32, dtype=torch.bool)
    valid_mask[:, :5] = False
    x = preprocessing.normalise(torch.full((3, 32, 32), 0.5))
    images = list(noisy(x, valid_mask, preprocessing))
    assert len(images) == DRAWS
    for image in images:
        change = preprocessing.denormalise(image) - 0.5
        assert change[:, :, :5].abs().max() < 1e-6
        assert RADIUS * 0.95 < change.abs().max() <= RADIUS + 1e-6
        assert abs(float(change.mean())) < RADIUS / 10
        assert torch.allclose(change[0], change[2], atol=1e-6)  # grey stays grey
    assert not torch.equal(images[0], images[1])
    again = list(noisy(x, valid_mask, preprocessing))
    assert all(torch.equal(a, b) for a, b in zip(images, again, strict=True))


def test_a_map_that_depends_on_no_weights_is_detected(predictor, samples):
    result = sanity(predictor, samples, 2, HeatmapMethod("centre", "draft"), resamples=5)
    assert result["images"] == 2
    for node in NODES:
        parts = (result[node]["seeds"], result[node]["jpeg"], *result[node]["randomised"].values())
        for part in parts:
            assert part["value"] == pytest.approx(1.0, abs=1e-6)
        assert result[node]["max_sensitivity"]["value"] == 0.0


def test_a_map_that_sees_the_network_goes_with_its_weights_and_stays_under_another_seed(
    predictor, samples
):
    result = sanity(predictor, samples, 8, HeatmapMethod("prototype", "draft"), resamples=5)
    for node in NODES:
        assert result[node]["seeds"]["value"] == pytest.approx(1.0, abs=1e-6)
        assert result[node]["randomised"]["down to backbone"]["value"] < 0.5
        assert result[node]["max_sensitivity"]["value"] > 0.0
        assert result[node]["empty"]["value"] == 0.0
    # A prototype stands below the head.
    down = {node: result[node]["randomised"]["down to head"]["value"] for node in NODES}
    assert down["prototype"] == pytest.approx(1.0, abs=1e-6)
    assert down["class"] < 1.0 - 1e-6


def test_learned_masks_go_with_the_weights_and_masks_drawn_at_random_with_the_seed(
    predictor, samples
):
    learned = sanity(predictor, samples, 1, HeatmapMethod("mdm", "draft"), resamples=5)
    random = sanity(predictor, samples, 1, HeatmapMethod("rise", "draft"), resamples=5)
    for node in NODES:
        assert learned[node]["seeds"]["value"] == pytest.approx(1.0, abs=1e-6)
        assert learned[node]["randomised"]["down to backbone"]["value"] < 0.5
        assert random[node]["seeds"]["value"] < 1.0


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Two bundles with mask readers, of other networks."""
    folder, predictors = tmp_path_factory.mktemp("read"), []
    for seed in (0, 1):
        plain = make_tiny_bundle(folder / f"plain {seed}", pictures=False, seed=seed)
        reader = untrained_reader(plain, seed)
        bundle = add_reader(plain, reader, folder / f"read {seed}", when=WHEN)
        predictors.append(Predictor(bundle, gate=False))
    return predictors


def test_the_map_of_a_mask_reader_goes_with_the_weights_that_it_reads(read, samples):
    result = sanity(read[0], samples, 2, HeatmapMethod("mdm", "instant"), resamples=5)
    of_class, of_prototype = (
        {part: figure["value"] for part, figure in result[node]["randomised"].items()}
        for node in NODES
    )
    assert list(of_class) == [
        *("down to head", "down to prototypes", "down to masks"),
        *("down to last blocks", "down to backbone"),
    ]
    assert of_class["down to head"] < 0.999
    assert of_prototype["down to head"] == pytest.approx(1.0, abs=1e-6)
    assert of_prototype["down to prototypes"] < 0.999
    assert of_prototype["down to last blocks"] != of_prototype["down to masks"]
    assert abs(of_prototype["down to backbone"]) < 0.7
    assert result["class"]["seeds"]["value"] == pytest.approx(1.0, abs=1e-6)


def test_the_last_blocks_go_before_the_whole_backbone(read):
    model = read[0].model
    networks = dict(randomised(model))
    last, early = "backbone.features.4.0.weight", "backbone.features.1.0.weight"
    trained, blocks, whole = (
        network.parts()["backbone"]
        for network in (model, networks[LAST_BLOCKS], networks["backbone"])
    )
    assert torch.equal(blocks[early], trained[early]) and not torch.equal(
        blocks[last], trained[last]
    )
    assert not torch.equal(whole[early], trained[early])
    head = "head.weight"
    assert torch.equal(
        networks[LAST_BLOCKS].state_dict()[head], networks["backbone"].state_dict()[head]
    )
    assert networks["backbone"].mask_reader is not None


def test_a_reader_is_compared_with_that_of_another_bundle_on_the_same_images(
    read, predictor, samples
):
    same = foreign_reader(read[0], samples, 2, read[0].bundle, resamples=5)
    other = foreign_reader(read[0], samples, 2, read[1].bundle, resamples=5)
    assert (same["same_network"], other["same_network"]) == (True, False)
    for node in NODES:
        assert same["rank_correlation"][node]["value"] == pytest.approx(1.0)
        assert other["rank_correlation"][node]["value"] < 0.9
    with pytest.raises(ReadableError, match="tiny has no mask reader"):
        foreign_reader(read[0], samples, 2, predictor.bundle)


class Given(HeatmapMethod):
    """Maps that are given, a new one at every call, whatever is asked."""

    def explain(self, _predictor, _x, valid_mask, nodes, *, model=None):
        return [SimpleNamespace(heatmap=self.one(valid_mask.shape)) for _ in nodes]

    @staticmethod
    def one(shape):
        raise NotImplementedError


def test_a_map_of_pure_noise_is_detected_by_its_seeds_and_by_a_little_noise(predictor, samples):
    chance = np.random.default_rng(0)

    class Noise(Given):
        @staticmethod
        def one(shape):
            return chance.random(shape).astype(np.float32)

    result = sanity(predictor, samples, 2, Noise("noise"), resamples=5)
    for node in NODES:
        assert result[node]["max_sensitivity"]["value"] == pytest.approx(0.5**0.5, rel=0.1)
        assert abs(result[node]["seeds"]["value"]) < 0.1


def test_an_empty_map_is_counted_and_passes_no_check(predictor, samples):
    class Empty(Given):
        @staticmethod
        def one(shape):
            return np.zeros(shape, np.float32)

    result = sanity(predictor, samples, 2, Empty("empty"), resamples=5)
    for node in NODES:
        assert result[node]["empty"]["value"] == 1.0
        for name in ("seeds", "jpeg", "max_sensitivity"):
            assert result[node][name]["value"] is None
        assert result[node]["randomised"]["down to backbone"]["value"] is None
