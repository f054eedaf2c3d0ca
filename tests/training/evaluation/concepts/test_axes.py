import numpy as np
import pytest
import torch

from dprotonet.modeling.concepts.model import build_concept_net
from dprotonet.modeling.concepts.options import ConceptOptions
from training.data.concept_table import ConceptTable
from training.evaluation.concepts.axes import (
    concept_auroc,
    impurity,
    mean_correlation,
    read_axes,
)

PATIENTS = np.array([f"p{i}" for i in range(200)])


class _Images:
    """Inputs that are random images."""

    images_a_pass = 3

    def clean(self, rows):
        torch.manual_seed(0)
        return torch.randn(20, 3, 64, 64)[rows]


def test_the_readings_are_those_of_the_network_whatever_the_batches():
    options = ConceptOptions(("a", "b"), ("c", "d"), depth=8, image_size=64)
    network = build_concept_net(options).eval()
    rows = torch.arange(7)
    read = read_axes(network, _Images(), rows, "cpu", correlated=rows)
    with torch.no_grad():
        said = network(_Images().clean(rows))
    assert np.allclose(read.activations, said.activations.numpy(), atol=1e-4)
    own = said.maps[:, :2].transpose(0, 1).flatten(1)
    assert np.allclose(read.correlation, torch.corrcoef(own).numpy(), atol=1e-3)
    assert read.features.shape == (7, 8)


def test_the_mean_correlation_counts_each_pair_once_whatever_its_sign():
    matrix = np.array([[1.0, -0.5, 0.1], [-0.5, 1.0, 0.0], [0.1, 0.0, 1.0]])
    assert mean_correlation(matrix) == pytest.approx(0.2)
    assert mean_correlation(np.ones((1, 1))) is None


def test_unknown_images_do_not_count_and_the_spread_falls_with_more_images():
    chance = np.random.default_rng(0)
    shown = chance.integers(0, 2, 200).astype(np.int8)
    scores = shown + chance.normal(0.0, 1.0, 200)
    few = concept_auroc(scores, np.where(np.arange(200) < 40, shown, -1), PATIENTS, 200)
    many = concept_auroc(scores, shown, PATIENTS, 200)
    assert many.value == pytest.approx(0.76, abs=0.1)
    assert few.sd > many.sd > 0


def test_the_figure_of_several_networks_is_the_mean_of_theirs():
    chance = np.random.default_rng(0)
    shown = chance.integers(0, 2, 200).astype(np.int8)
    scores = shown + chance.normal(0.0, 1.0, (2, 200))
    each = [concept_auroc(one, shown, PATIENTS, 100) for one in scores]
    both = concept_auroc(scores, shown, PATIENTS, 100)
    assert both.value == pytest.approx((each[0].value + each[1].value) / 2)
    assert 0 < both.sd < max(one.sd for one in each)


def test_a_concept_that_all_images_show_has_no_figure():
    nothing = concept_auroc(np.arange(200.0), np.ones(200, dtype=np.int8), PATIENTS, 20)
    assert nothing.to_json() == {"value": None, "sd": None}


def test_axes_that_say_just_their_concepts_are_pure_and_those_that_say_all_are_not():
    values = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 20, dtype=np.int8)
    table, rows = ConceptTable(("a", "b"), values), np.arange(80)
    assert impurity(values.astype(float), table, rows) == pytest.approx(0.0)
    both = values.astype(float) @ np.array([[1.0, 1.0], [0.9, 0.9]])
    assert impurity(both, table, rows) > 0.3
    assert impurity(both, ConceptTable(("a", "b"), values * 0), rows) is None
