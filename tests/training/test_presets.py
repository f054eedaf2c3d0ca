import dataclasses

import pytest

from dprotonet.errors import ReadableError
from training.presets import PRESETS, search_settings, variant
from training.recipe import load_recipe


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_sets_its_own_keys_and_no_other(name):
    recipe = load_recipe("nih")
    changed = variant(recipe, name)
    for field in dataclasses.fields(recipe):
        expected = PRESETS[name].get(field.name, getattr(recipe, field.name))
        assert getattr(changed, field.name) == expected


def test_keys_after_the_name_change_the_preset_further():
    recipe = variant(load_recipe("nih"), "dprotonet:masks=random,update=kmeans")
    assert (recipe.network, recipe.masks, recipe.update) == ("prototypes", "random", "kmeans")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("resnet", "no preset 'resnet'"), ("dprotonet:mask=random", "Did you mean masks")],
)
def test_an_unknown_preset_or_key_is_one_sentence(name, sentence):
    with pytest.raises(ReadableError, match=sentence):
        variant(load_recipe("nih"), name)


def test_every_network_is_tried_under_as_many_settings():
    recipe = load_recipe("nih")
    counts = {name: len(search_settings(variant(recipe, name))) for name in PRESETS}
    assert len(set(counts.values())) == 1
    assert not any("cluster" in s for s in search_settings(variant(recipe, "blackbox")))
