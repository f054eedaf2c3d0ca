import dataclasses

import numpy as np
import pytest
import torch

from dprotonet.inference.predictor import Predictor
from training.fitting import networks
from training.fitting.concepts.bundling import finish
from training.fitting.crossval import split_rows
from training.fitting.export import GalleryOptions, write_bundle
from training.fitting.fit import FittedNetwork


@pytest.fixture(scope="module")
def whole(with_concepts):
    """The small run for a bundle, at the least cost."""
    recipe = dataclasses.replace(with_concepts.recipe, depth=8, resamples=20)
    return dataclasses.replace(with_concepts, recipe=recipe, cut=False)


@pytest.fixture(scope="module")
def fitted(whole):
    """A network that was not trained."""
    network = networks.concept_net(
        whole.recipe, whole.dataset.classes, ("first", "last"), None
    ).network.eval()
    logits = networks.outputs(
        network, whole.final, torch.arange(len(whole.images)), networks.logits_of, "cpu"
    )
    return FittedNetwork(network, logits.double().numpy(), 1.5, None, [], 1.0)


def test_the_levels_are_the_training_images_means_and_the_sources_show_an_axis_most(whole, fitted):
    rows = split_rows(whole)
    made = finish(whole, rows, fitted)
    numbers = made.fitted.similarities.numpy()
    assert np.abs(numbers[rows.train.numpy(), :2].mean(axis=0)).max() < 1e-4
    for concept in (0, 1):
        sources = made.update.sources[concept]
        shown = [source.similarity for source in sources]
        assert shown == sorted(shown, reverse=True)
        assert shown[0] == pytest.approx(numbers[rows.train.numpy(), concept].max())
        trained = {whole.images.samples[row].sample_id for row in rows.train.tolist()}
        assert {source.sample_id for source in sources} <= trained
    assert made.update.sources[2:] == ((), (), ())
    assert set(made.figures["axes"]) == {"first", "last"}


def test_the_bundle_says_what_the_network_said(whole, fitted, tmp_path):
    rows = split_rows(whole)
    options = GalleryOptions(sources=0, pictures=True)
    bundle = write_bundle(whole, rows, fitted, None, tmp_path / "b", options)
    assert bundle.concepts == ("first", "last")
    assert bundle.has_responses and "concepts" in bundle.card.metrics
    row = int(rows.test[0])
    said = Predictor(bundle, gate=False).predict(whole.images.samples[row].load())
    assert list(said.logits.values()) == pytest.approx(fitted.logits[row].tolist(), abs=0.02)
