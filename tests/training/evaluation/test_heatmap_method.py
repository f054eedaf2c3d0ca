"""The slow parts of an evaluation on a bundle of random weights, with heatmaps that are known."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from dprotonet.inference.predictor import Predictor
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from tests.training.image_files import image_files
from training.__main__ import main
from training.datasets.samples import Box, Part, Sample
from training.evaluation.faithfulness import NODES, evenly_spaced, faithfulness, strongest
from training.evaluation.heatmap_method import Drawing
from training.evaluation.localisation import pointed
from training.evaluation.prototype_probing import probe_prototypes
from training.evaluation.sanity import sanity

QUICK = Drawing("gradcam", "draft")


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    return Predictor(make_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny", threshold=None))


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Eight images, of two patients each, with a box and parts."""
    made = []
    for number, path in enumerate(image_files(tmp_path_factory.mktemp("films"))):
        made.append(
            Sample(
                f"{number}",
                path,
                f"p{number // 2}",
                number % 2,
                boxes=(Box(8, 8, 32, 32),),
                parts=(Part("corner", 4.0, 6.0), Part("middle", 32.0, 32.0)),
            )
        )
    return made


def test_faithfulness_covers_the_class_and_its_strongest_prototype(predictor, samples):
    found = faithfulness(predictor, samples, 3, QUICK, resamples=5)
    assert (found["images"], found["method"], found["tier"]) == (3, "gradcam", "draft")
    for node in ("class", "prototype"):
        figures = found[node]
        apart = figures["insertion_auc"]["value"] - figures["deletion_auc"]["value"]
        assert figures["score"]["value"] == pytest.approx(apart, abs=2e-4)
        assert 0.0 <= figures["average_increase"]["value"] <= 1.0


def test_a_random_order_is_no_better_than_itself(predictor, samples):
    found = faithfulness(predictor, samples, 8, Drawing("random", "draft"), resamples=5)
    interval = found["class"]["score_minus_random"]
    assert abs(interval["value"]) < 1.0


def test_the_strongest_prototype_is_the_leading_class_s_own(predictor, samples):
    said = predictor.predict(samples[0].load())
    best = next(m for m in said.matches if m.prototype == strongest(said))
    assert best.class_name == said.leading
    own = [m.contribution for m in said.matches if m.class_name == said.leading]
    assert best.contribution == max(own)


def test_chosen_images_are_spread_over_all_of_them(samples):
    assert [s.sample_id for s in evenly_spaced(samples, 3)] == ["0", "3", "7"]
    assert len(evenly_spaced(samples, 99)) == 8


def test_a_map_that_knows_no_weights_is_found_out(predictor, samples):
    found = sanity(predictor, samples, 2, Drawing("centre", "draft"), resamples=5)
    assert found["images"] == 2
    for node in NODES:
        parts = (found[node]["seeds"], found[node]["jpeg"], *found[node]["randomised"].values())
        for part in parts:
            assert part["value"] == pytest.approx(1.0, abs=1e-6)
        assert found[node]["max_sensitivity"]["value"] == 0.0


def test_a_map_that_sees_the_network_goes_with_its_weights_and_stays_under_another_seed(
    predictor, samples
):
    found = sanity(predictor, samples, 2, Drawing("prototype", "draft"), resamples=5)
    for node in NODES:
        assert found[node]["seeds"]["value"] == pytest.approx(1.0, abs=1e-6)
        assert found[node]["randomised"]["down to backbone"]["value"] < 0.5
        assert found[node]["max_sensitivity"]["value"] > 0.0
        assert found[node]["empty"]["value"] == 0.0
    # A prototype stands below the head.
    down = {node: found[node]["randomised"]["down to head"]["value"] for node in NODES}
    assert down["prototype"] == pytest.approx(1.0, abs=1e-6)
    assert down["class"] < 1.0 - 1e-6


def test_learned_masks_go_with_the_weights_and_masks_drawn_at_random_with_the_seed(
    predictor, samples
):
    learned = sanity(predictor, samples, 2, Drawing("mdm", "draft"), resamples=5)
    drawn = sanity(predictor, samples, 2, Drawing("rise", "draft"), resamples=5)
    for node in NODES:
        assert learned[node]["seeds"]["value"] == pytest.approx(1.0, abs=1e-6)
        assert learned[node]["randomised"]["down to backbone"]["value"] < 0.5
        assert drawn[node]["seeds"]["value"] < 1.0


class Given(Drawing):
    """Maps that are given, a new one at every call, whatever is asked."""

    def explain(self, _predictor, _x, valid_mask, nodes, *, model=None):
        return [SimpleNamespace(heatmap=self.one(valid_mask.shape)) for _ in nodes]

    @staticmethod
    def one(shape):
        raise NotImplementedError


def test_a_map_of_pure_noise_is_found_out_by_its_seeds_and_by_a_little_noise(predictor, samples):
    chance = np.random.default_rng(0)

    class Noise(Given):
        @staticmethod
        def one(shape):
            return chance.random(shape).astype(np.float32)

    found = sanity(predictor, samples, 2, Noise("noise"), resamples=5)
    for node in NODES:
        assert found[node]["max_sensitivity"]["value"] == pytest.approx(0.5**0.5, rel=0.1)
        assert abs(found[node]["seeds"]["value"]) < 0.1


def test_an_empty_map_is_counted_and_passes_no_check(predictor, samples):
    class Empty(Given):
        @staticmethod
        def one(shape):
            return np.zeros(shape, np.float32)

    found = sanity(predictor, samples, 2, Empty("empty"), resamples=5)
    for node in NODES:
        assert found[node]["empty"]["value"] == 1.0
        for name in ("seeds", "jpeg", "max_sensitivity"):
            assert found[node][name]["value"] is None
        assert found[node]["randomised"]["down to backbone"]["value"] is None


def test_only_rightly_called_images_are_pointed_at(predictor, samples):
    right = [
        s for s in samples if predictor.predict(s.load()).label == ("none", "finding")[s.label]
    ]
    found = list(pointed(predictor, samples, 8, QUICK))
    assert [f.sample.sample_id for f in found] == [s.sample_id for s in right]
    for image in found:
        assert image.mask.sum() == 32 * 32
        assert image.heatmap.shape == (64, 64)


def test_prototypes_are_looked_at_with_parts_boxes_and_noise(predictor, samples):
    found = probe_prototypes(predictor, samples, 8, resamples=5)
    assert found["images"] == 8
    for name in ("class_purity", "consistency", "stability", "purity", "peak_inside"):
        assert 0.0 <= found[name]["value"] <= 1.0 and found[name]["prototypes"] == 4
    assert found["mask_area"] == pytest.approx(0.25)
    assert 0.0 <= found["peak_shift_px"]["value"] < 64 * 2**0.5
    assert found["misalignment"]["value"] > 0.0
    assert probe_prototypes(predictor, samples, 8, resamples=5) == found


def test_what_needs_parts_or_boxes_is_left_out_without_them(predictor, samples):
    bare = [Sample(s.sample_id, s.path, s.patient_id, s.label) for s in samples]
    found = probe_prototypes(predictor, bare, 4, resamples=5)
    assert not {"consistency", "stability", "purity", "peak_inside"} & set(found)


def test_throughput_prints_its_ratios(capsys):
    words = ["throughput", "nih", "--films", "32", "--repeats", "1", "--device", "cpu"]
    for setting in ("weights=none", "image_size=64", "depth=16", "batch_size=8"):
        words += ["--set", setting]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["epoch"]["share_of_bare_loop"] > 0
    assert found["update"]["passes"] > 0
    memory = found["memory"]
    assert (memory["films"], memory["prototypes"]) == ([64, 512], 200)
    vectors = 448 * 200 * 16 * 4 / 2**20  # images, prototypes, depth, bytes
    assert memory["all_vectors_would_add_mb"] == pytest.approx(vectors, abs=0.1)
