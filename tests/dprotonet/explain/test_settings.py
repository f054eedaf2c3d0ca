from dataclasses import fields, replace

import pytest

from dprotonet.explain.settings import TIERS, MDMSettings


def test_every_setting_changes_the_digest():
    other = {
        "search_scale": "logit",
        "class_scale": "logit",
        "precision": "float32",
    }
    digests = {MDMSettings().digest}
    for field in fields(MDMSettings):
        value = getattr(MDMSettings(), field.name)
        if isinstance(value, bool):
            changed = not value
        elif isinstance(value, str):
            changed = other[field.name]
        elif field.name == "fills":
            changed = ("noise",)
        elif isinstance(value, tuple):
            changed = tuple(v + 1 if isinstance(v, int) else v / 2 for v in value)
        elif field.name == "momentum":
            changed = 0.25
        else:
            changed = value + 1
        digests.add(replace(MDMSettings(), **{field.name: changed}).digest)
    assert len(digests) == len(fields(MDMSettings)) + 1


def test_the_same_settings_have_the_same_digest():
    assert MDMSettings().digest == MDMSettings().digest
    assert len({tier.digest for tier in TIERS.values()}) == len(TIERS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sizes": ()},
        {"areas": (0.5, 0.2)},
        {"batch": 1},
        {"steps": 0},
        {"areas_per_step": 0},
        {"momentum": 1.0},
        {"step_size": 0.0},
        {"start_masks": -1},
        {"start_cells": 0},
        {"blends": ()},
        {"blends": (0.5, 1.5)},
        {"blend_areas": ()},
        {"blend_areas": (0.0, 0.5)},
        {"fills": ()},
        {"fills": ("blur", "blur")},
        {"fills": ("fog",)},
        {"search_scale": "decibel"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(ValueError):
        MDMSettings(**wrong)


def test_a_map_is_measured_with_the_first_fill():
    assert MDMSettings(fills=("mean", "blur")).fill == "mean"
