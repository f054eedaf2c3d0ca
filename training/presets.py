"""The networks by name: each preset sets a few keys of a recipe; the code is the same.

A variant is a preset with keys of its own: ``dprotonet:masks=random,update=kmeans``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from dprotonet.errors import ReadableError
from training.recipe import Recipe, with_settings

# What the baselines do without.
_PLAIN: Mapping[str, Any] = {
    "cell_norm": "none",
    "levels": 1,
    "orthogonality": 0.0,
    "ranking": 0.0,
    "usage": "none",
    "attention": 0.0,
    "prune": False,
}

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # The same backbone under mean pooling and one linear layer.
    "blackbox": {"network": "blackbox"},
    # Chen et al. 2019: the one nearest patch, then overwritten by the nearest training patch.
    # Cosine, since it needs less tuning than the log of the distance (ProtoPNeXt); the latter is
    # protopnet:similarity=log.
    "protopnet": {
        "network": "prototypes",
        "masks": "patch",
        "similarity": "cosine",
        "update": "nearest",
        "centre": False,
        **_PLAIN,
        "occurrence_l1": 0.0,
        "equivariance": 0.0,
    },
    # Kim et al. 2021: occurrence maps, sparse and following the image; the nearest image's vector.
    "xprotonet": {
        "network": "prototypes",
        "masks": "image",
        "similarity": "half_cosine",
        "update": "nearest",
        "centre": False,
        "project_every": 0,
        **_PLAIN,
        "occurrence_l1": 1e-3,
        "equivariance": 1e-3,
    },
    # Masks of any shape, prototypes from many images: each one reason, and a reason for its class.
    "dprotonet": {
        "network": "prototypes",
        "prototypes_per_class": 5,
        "masks": "top",
        "top_share": 0.1,
        "levels": 2,
        "similarity": "cosine",
        "cell_norm": "none",
        "update": "top_m_mean",
        "project_every": 0,
        "centre": True,
        "orthogonality": 1.0,
        "ranking": 1.0,
        "prune": True,
        "occurrence_l1": 0.0,
        "equivariance": 0.0,
    },
}

SEARCH: tuple[Mapping[str, Any], ...] = (
    {"lr_backbone": 3e-4, "cluster": 0.8},
    {"lr_backbone": 3e-4, "cluster": 0.1},
    {"lr_backbone": 1e-4, "cluster": 0.8},
    {"lr_backbone": 1e-4, "cluster": 0.1},
)
"""Settings under which every preset is tried, on validation images."""

SEARCH_BLACKBOX: tuple[Mapping[str, Any], ...] = (
    {"lr_backbone": 1e-3},
    {"lr_backbone": 3e-4},
    {"lr_backbone": 1e-4},
    {"lr_backbone": 3e-5},
)
"""As many for the black box, which has no cluster term."""


def variant(recipe: Recipe, name: str) -> Recipe:
    """The recipe under a preset, and under the keys that follow its name.

    Raises:
        ReadableError: no such preset or key, or a value of the wrong kind.
    """
    preset, _, keys = name.partition(":")
    if preset not in PRESETS:
        raise ReadableError(
            f"There is no preset {preset!r}. Choose one of: {', '.join(PRESETS)}; keys of the "
            "recipe may follow, as in dprotonet:masks=random,update=kmeans."
        )
    settings: Sequence[str] = [key for key in keys.split(",") if key]
    return with_settings(dataclasses.replace(recipe, **PRESETS[preset]), settings)


def search_settings(recipe: Recipe) -> tuple[Mapping[str, Any], ...]:
    """The settings that a variant of this recipe is tried under."""
    return SEARCH_BLACKBOX if recipe.network == "blackbox" else SEARCH
