import pytest

from dprotonet.modeling.classifiers.options import ClassifierOptions

USUAL = {"classes": ("a", "b"), "source": "torchvision", "architecture": "resnet18"}


def test_options_come_back_from_their_json():
    options = ClassifierOptions(**USUAL, image_size=300, colour=False, single_logit=True)
    assert ClassifierOptions.from_json(options.to_json()) == options


def test_an_imported_classifier_has_no_prototype_of_any_class():
    options = ClassifierOptions(**USUAL)
    assert options.prototype_ids == options.prototype_classes == ()
    assert options.prototype_counts == (0, 0)


def test_one_logit_is_one_output_for_two_classes():
    assert ClassifierOptions(**USUAL, single_logit=True).outputs == 1
    assert ClassifierOptions(**USUAL).outputs == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"classes": ("a",)}, "two classes"),
        ({"classes": ("a", "a")}, "same name"),
        ({"source": "elsewhere"}, "source"),
        ({"architecture": ""}, "architecture"),
        ({"image_size": 16}, "image_size"),
        ({"classes": ("a", "b", "c"), "single_logit": True}, "One logit"),
        ({"multi_label": True, "single_logit": True}, "One logit"),
    ],
)
def test_options_that_cannot_be_are_refused(change, says):
    with pytest.raises(ValueError, match=says):
        ClassifierOptions(**{**USUAL, **change})


def test_an_unknown_option_is_refused():
    with pytest.raises(ValueError, match="Unknown"):
        ClassifierOptions.from_json({**USUAL, "backbone": "resnet18"})
