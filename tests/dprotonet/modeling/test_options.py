import pytest

from dprotonet.modeling.options import ModelOptions
from tests.dprotonet.modeling.networks import options


def test_prototype_ids_are_stable_and_grow_with_their_number():
    assert options().prototype_ids == ("p00", "p01", "p02", "p03", "p04", "p05")
    assert options(prototypes_per_class=40).prototype_ids[-1] == "p119"
    assert options().prototype_classes == (0, 1, 1, 1, 2, 2)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"classes": ("one",)}, "two classes"),
        ({"classes": ("same", "same")}, "same name"),
        ({"prototypes_per_class": (1, 2)}, "one for each class"),
        ({"prototypes_per_class": 0}, "one for each class"),
        ({"image_size": 100}, "multiple of 32"),
        ({"depth": 0}, "depth"),
        ({"masks": "sparse"}, "masks"),
        ({"similarity": "dot"}, "similarity"),
        ({"similarity_scale": 0.0}, "similarity_scale"),
        ({"image_size": 544}, "512"),
        ({"stride": 8}, "stride"),
        ({"levels": 5}, "levels"),
        ({"cell_norm": "layer"}, "cell_norm"),
        ({"top_share": 0.0}, "top_share"),
        ({"top_share": 1.5}, "top_share"),
    ],
)
def test_options_that_cannot_be_are_refused_with_the_reason(changes, says):
    with pytest.raises(ValueError, match=says):
        options(**changes)


def test_options_come_back_from_json_unchanged():
    chosen = options(masks="random", similarity="log", similarity_scale=2.5)
    assert ModelOptions.from_json(chosen.to_json()) == chosen
    with pytest.raises(ValueError, match="Unknown options of a model: colour"):
        ModelOptions.from_json({**chosen.to_json(), "colour": "red"})


def test_younger_options_are_written_only_where_chosen_so_that_older_digests_stay():
    assert not {"stride", "levels", "cell_norm", "top_share"} & set(options().to_json())
    chosen = options(masks="top", stride=16, levels=2, cell_norm="batch", top_share=0.1)
    assert ModelOptions.from_json(chosen.to_json()) == chosen
    assert chosen.grid == 4 and options().grid == 2
