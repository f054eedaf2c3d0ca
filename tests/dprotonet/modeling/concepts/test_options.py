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


def test_a_name_that_no_file_or_row_can_have_is_refused():
    for name in ("a/b", "x" * 65, "tab\t", "other (none)"):
        with pytest.raises(ValueError, match="name"):
            ConceptOptions(KINDS["classes"], (name,))


def test_what_the_axes_speak_for_is_known_of_a_finished_network_alone():
    with pytest.raises(ValueError, match="finished"):
        _ = ConceptOptions(**KINDS).prototype_classes
    with pytest.raises(ValueError, match="concept_classes"):
        ConceptOptions(**KINDS, concept_classes=(2, 0))
    options = ConceptOptions(**KINDS, concept_classes=(1, 0))
    assert options.prototype_classes == (1, 0, 0, 1)
    assert ConceptOptions.from_json(options.to_json()) == options
