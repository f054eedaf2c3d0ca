"""The data set that a recipe names."""

from __future__ import annotations

from pathlib import Path

from dprotonet.errors import ReadableError
from training.datasets.samples import Dataset, Sample
from training.recipe import Recipe

PHANTOM_LICENCE = "Synthetic films made by this project, Apache-2.0."
PHANTOM_NOTE = "No film shows a person; findings are drawn, and their masks are known."


def open_dataset(recipe: Recipe, data: Path | None) -> Dataset:
    """Open the recipe's data set.

    Args:
        data: its folder; the phantom needs none, since it makes its films.

    Raises:
        ReadableError: the folder is not given, missing or not in the expected layout.
    """
    if recipe.dataset == "phantom":
        return phantom(recipe)
    if data is None:
        raise ReadableError(f"The recipe {recipe.name} needs images. Give their folder by --data.")
    if recipe.dataset == "nih":
        from training.datasets import nih

        return nih.load(data)
    from training.datasets import folder

    return folder.load(data, recipe.negative_class)


def phantom(recipe: Recipe) -> Dataset:
    """Phantom films, listed now and made when they are loaded."""
    from training.datasets.phantom import FINDINGS, Shortcut, phantom_samples

    films = phantom_samples(
        recipe.phantom_seed,
        recipe.phantom_films,
        size=recipe.phantom_size,
        shortcut=Shortcut() if recipe.phantom_shortcut else None,
        difficulty=recipe.phantom_difficulty,
    )
    samples = tuple(
        Sample(f.sample_id, None, f.patient_id, f.label, f.view, make=f.load) for f in films
    )
    return Dataset("phantom", FINDINGS, FINDINGS[0], samples, PHANTOM_LICENCE, PHANTOM_NOTE)
