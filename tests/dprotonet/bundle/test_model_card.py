import json

import pytest

from dprotonet.bundle.model_card import ModelCard

CARD = ModelCard("One", limits=["It knows nothing."], metrics={"auroc": {"value": 0.9}})


def test_a_card_comes_back_from_json():
    assert ModelCard.from_json(json.loads(json.dumps(CARD.to_json()))) == CARD
    assert CARD.limits == ("It knows nothing.",)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({}, "it has no title"),
        ({"title": "One", "colour": 1}, "colour"),
        ({"title": 1}, "title of a model card must be text"),
        ({"title": "One", "limits": [1]}, "Every limit"),
        ({"title": "One", "metrics": []}, "must be JSON objects"),
    ],
)
def test_a_card_that_cannot_be_is_refused(data, says):
    with pytest.raises(ValueError, match=says):
        ModelCard.from_json(data)
