from __future__ import annotations

from dataclasses import replace

from app.views.model.gallery import activation_text, axis_text
from dprotonet.prototypes.provenance import (
    PrototypeActivation,
    PrototypeRecord,
    PrototypeSource,
)
from tests.app.views.screen import Screen


def test_prototypes_are_shown_by_class(page: Screen) -> None:
    assert "p02" in page.text
    assert "p00" not in page.text
    page.choose("Class", "none")
    assert "p00" in page.text
    assert "Made from 2 images" in page.text


def test_the_similarity_of_a_prototype_to_the_training_images_is_given_in_sentences() -> None:
    activation = PrototypeActivation(
        mean=0.912, mean_others=0.204, percentiles={}, closest_share=0.12, dead=False, duplicates=()
    )
    assert activation_text(activation) == (
        "Mean similarity 0.91 to images of its class, 0.20 to images of other classes. It is the "
        "closest prototype of its class for 12 % of its images."
    )
    alone = replace(activation, mean_others=None)
    assert activation_text(alone).startswith("Mean similarity 0.91 to images of its class. It is")


def test_what_shows_an_axis_and_which_class_it_goes_with_is_given_in_sentences() -> None:
    own = PrototypeActivation(1.25, -0.5, {}, 0.0, False)
    sources = tuple(PrototypeSource(f"s{n}", "0" * 64, 0.5, 2.0) for n in range(2))
    record = PrototypeRecord("token", "consolidation", sources, own, "concept")
    assert axis_text(record) == (
        "The 2 training images that show it most. Less its mean, the axis is +1.25 in images of "
        "“consolidation”, for which it speaks most, −0.50 in others."
    )
    bare = PrototypeRecord("token", "consolidation", sources, None, "concept")
    assert axis_text(bare) == "The 2 training images that show it most."
