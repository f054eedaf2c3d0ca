import dataclasses
from types import SimpleNamespace

import pytest

from dprotonet.editing.apply import CHANGED
from training.learning import new_bundle
from training.recipe import load_recipe


@dataclasses.dataclass
class Context:
    recipe: object
    device: str = "cpu"


@pytest.fixture
def opened():
    recipe = load_recipe("phantom", [])
    card = dataclasses.replace(recipe.card, limits=("One site.", f"{CHANGED}earlier."))
    bundle = SimpleNamespace(gallery=(), changes=("first",))
    return SimpleNamespace(
        bundle=bundle, context=Context(dataclasses.replace(recipe, card=card)), rows="rows"
    )


def test_the_card_says_the_last_change_alone(opened, tmp_path, monkeypatch):
    written = {}

    def write(context, rows, fitted, black, folder, options, **more):
        written.update(more, context=context, rows=rows, pictures=options.pictures)
        folder.mkdir()

    monkeypatch.setattr(new_bundle, "write_bundle", write)
    monkeypatch.setattr(new_bundle.Bundle, "load", lambda place, **how: place)
    place = tmp_path / "deep" / "new"
    result = new_bundle.write_new(opened, "fitted", "second", place, said="later.", sources=3)
    assert result == place and place.is_dir() and list(place.parent.iterdir()) == [place]
    assert written["context"].recipe.card.limits == ("One site.", f"{CHANGED}later.")
    assert written["changes"] == ("first", "second") and written["pictures"] is False


def test_what_is_stopped_leaves_nothing_half_written(opened, tmp_path, monkeypatch):
    def stopped(context, rows, fitted, black, folder, options, **more):
        folder.mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(new_bundle, "write_bundle", stopped)
    with pytest.raises(KeyboardInterrupt):
        new_bundle.write_new(opened, "fitted", "second", tmp_path / "new", said="x", sources=3)
    assert list(tmp_path.iterdir()) == []
