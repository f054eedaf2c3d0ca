import dataclasses

import pytest

from dprotonet.inference.calibration import fit_temperature
from training.fitting.crossval import split_rows
from training.fitting.fit import fit_network
from training.presets import variant


@pytest.mark.parametrize("preset", ["protopnet", "xprotonet", "dprotonet", "blackbox"])
def test_a_cut_network_says_what_the_whole_one_says(context, preset):
    # Small steps: at the usual rates two trainings on so few images part by a difference in the
    # last bit, which differs from processor to processor.
    recipe = dataclasses.replace(
        variant(context.recipe, preset), epochs=2, lr_backbone=3e-6, lr_new=3e-5
    )
    whole = fit_network(dataclasses.replace(context, recipe=recipe), split_rows(context), out=None)
    cut = fit_network(
        dataclasses.replace(context, recipe=recipe, cut=True), split_rows(context), out=None
    )
    # Kept activations are in 16 bit.
    assert abs(whole.logits - cut.logits).max() < 0.005


def test_calibration_is_chosen_on_the_validation_images_alone(context):
    recipe = dataclasses.replace(variant(context.recipe, "blackbox"), epochs=2)
    context = dataclasses.replace(context, recipe=recipe)
    rows = split_rows(context)
    fitted = fit_network(context, rows, out=None)
    at = rows.validation.numpy()
    labels = context.images.labels.numpy()[at]
    assert fitted.temperature == fit_temperature(fitted.logits[at], labels)
    assert fitted.update is None and fitted.threshold is None  # no prototypes, no negative class
    scored = fitted.predictions(context, rows.test)
    assert scored.probabilities.shape == (len(rows.test), len(context.dataset.classes))
    assert scored.probabilities.sum(axis=1) == pytest.approx(1.0)
