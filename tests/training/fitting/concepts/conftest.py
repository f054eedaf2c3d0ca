import dataclasses

import pytest


@pytest.fixture(scope="module")
def with_concepts(context):
    """The small run, whose images show "first" where they are of the first class."""
    samples = tuple(
        dataclasses.replace(s, concepts=(("first", s.label == 0), ("last", s.label == 2)))
        for s in context.images.samples
    )
    recipe = dataclasses.replace(
        context.recipe,
        network="concepts",
        concepts="first,last",
        turn_every=1,
        concept_batch=4,
        epochs=2,
    )
    images = dataclasses.replace(context.images, samples=samples)
    return dataclasses.replace(context, recipe=recipe, images=images, cut=True)
