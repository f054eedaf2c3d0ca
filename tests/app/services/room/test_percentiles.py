"""A similarity among those of the model's own images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.services.adapters.bundle_registry import Registry
from app.services.room.percentiles import Distribution, axis_text, of_model
from app.services.workplace import Workplace
from tests.dprotonet.tiny_bundle import make_tiny_bundle

WITH, WITHOUT = np.arange(0.5, 1.0, 0.05), np.array([0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize(
    ("similarity", "said"),
    [
        (0.72, "more similar than 50 % of those with it, than 100 % of those without."),
        (0.25, "more similar than 0 % of those with it, than 50 % of those without."),
    ],
)
def test_images_with_the_class_and_without_it_are_compared_apart(
    similarity: float, said: str
) -> None:
    sentence = Distribution(WITH, WITHOUT).sentence(similarity, "nodule")
    assert sentence == f"Of the model's own images for “nodule”: {said}"


def test_where_all_images_have_the_class_the_others_are_not_spoken_of() -> None:
    assert "without" not in Distribution(WITH, np.array([])).sentence(0.7, "nodule")


def test_an_equal_similarity_is_not_higher() -> None:
    assert " 0 % " in Distribution(np.array([0.5, 0.5]), np.array([])).sentence(0.5, "nodule")


def test_the_distributions_come_from_what_the_bundle_keeps_of_its_own_images(
    workplace: Workplace, tmp_path: Path
) -> None:
    folder = tmp_path / "m"
    kept = make_tiny_bundle(folder / "kept", name="kept", responses=True)
    bare = make_tiny_bundle(folder / "bare", name="bare", seed=1)
    having = replace(workplace, models=Registry((folder,)))
    found = of_model(having, kept.digest)
    assert set(found) == {record.id for record in kept.prototypes}
    responses = kept.responses
    assert responses is not None
    first = found["p00"]
    together = np.sort(np.concatenate([first.with_class, first.without]))
    np.testing.assert_array_equal(together, np.sort(responses.similarities[:, 0]))
    own = kept.classes.index(kept.prototypes[0].class_name)
    assert len(first.with_class) == int((responses.labels == own).sum())
    assert of_model(having, bare.digest) == {} == of_model(having, "0" * 64)


def test_an_axis_is_placed_among_all_of_the_models_own_images() -> None:
    known = Distribution(np.array([1.0, 2.0]), np.array([-1.0, 0.5]))
    assert axis_text(1.5, known) == (
        "Its axis is 1.50 above the mean of the training images, higher than in 75 % of the "
        "model's own images."
    )
    assert axis_text(-0.25, None) == "Its axis is 0.25 below the mean of the training images."
