import pytest

from dprotonet.modeling.concepts.options import ConceptOptions

KINDS = {"classes": ("none", "finding"), "concepts": ("device", "marker")}


def test_options_come_back_from_json():
    options = ConceptOptions(**KINDS, depth=None, activation="mean", multi_label=True)
    assert ConceptOptions.from_json(options.to_json()) == options


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"concepts": ()}, "at least one concept"),
        ({"concepts": ("a", "a")}, "same name"),
        ({"depth": 1}, "greater depth"),
        ({"activation": "median"}, "activation"),
        ({"image_size": 100}, "multiple of 32"),
        ({"stride": 8}, "stride"),
        ({"classes": ("one",)}, "at least two classes"),
    ],
)
def test_what_cannot_be_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        ConceptOptions(**{**KINDS, **wrong})


def test_an_option_that_there_is_not_is_named():
    with pytest.raises(ValueError, match="colour"):
        ConceptOptions.from_json({"classes": ["a", "b"], "concepts": ["c"], "colour": 1})
    with pytest.raises(ValueError, match="do not fit"):
        ConceptOptions.from_json({"classes": ["a", "b"]})
