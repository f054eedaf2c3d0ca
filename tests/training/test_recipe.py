import pytest

from dprotonet.errors import ReadableError
from training.recipe import RECIPES, load_recipe


@pytest.mark.parametrize("name", ["phantom", "nih", "folder"])
def test_every_committed_recipe_loads_and_states_its_command(name):
    assert load_recipe(name).dataset == name
    assert "python -m training train" in (RECIPES / f"{name}.yaml").read_text()


def test_every_recipe_of_one_label_gives_each_reason_once():
    names = {path.stem for path in RECIPES.glob("*.yaml")}
    recipes = [load_recipe(name) for name in sorted(names)]
    patches = [recipe for recipe in recipes if recipe.masks == "patch"]  # ProtoPNet's
    assert {recipe.dataset for recipe in patches} == {"phantom", "ham10000", "cub"}
    single = [recipe for recipe in recipes if not recipe.multi_label and recipe not in patches]
    assert len(single) >= 9
    for recipe in single:
        assert recipe.prototypes_per_class <= 5 and recipe.prune
        assert (recipe.masks, recipe.centre) == ("top", True)
        assert recipe.orthogonality > 0 and recipe.ranking > 0


def test_settings_change_single_keys_and_keep_their_kind():
    recipe = load_recipe("nih", ["epochs=3", "lr_new=1e-4", "card.title=Mine", "weights=none"])
    assert (recipe.epochs, recipe.lr_new, recipe.weights) == (3, 1e-4, None)
    assert recipe.card.title == "Mine"


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("epoch=3", "no key epoch. Did you mean epochs"),
        ("card.tilte=x", "Did you mean card.title"),
        ("epochs", "--set key=value"),
        ("epochs=many", "Expected int"),
        ("masks=soft", "Choose one of: image, learned, random"),
        ("epochs=0", "Give at least 1"),
        ("epochs=1", "warms up for 1 of 1"),
        ("frozen_blocks=0", "freezes no blocks"),
        ("project_every=-1", "Give at least 0"),
        ("flip=3", "Expected bool"),
        ("planted=stamp", "Choose one of: none, patch, token, text, border"),
        ("planted_class=nodule", "names a planted_class but plants no mark"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_says_what_was_expected(setting, sentence):
    with pytest.raises(ReadableError, match=sentence):
        load_recipe("nih", [setting])


def test_an_unknown_recipe_names_the_known_ones():
    with pytest.raises(
        ReadableError, match="folder, ham10000, medmnist, nih, nih-findings, phantom"
    ):
        load_recipe("chest")


def test_a_recipe_may_be_a_file_of_ones_own(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text("name: own\ndataset: folder\n")
    assert load_recipe(str(file)).name == "own"
    file.write_text("dataset: folder\n")
    with pytest.raises(ReadableError, match="no key name"):
        load_recipe(str(file))
    file.write_text("just words")
    with pytest.raises(ReadableError, match="holds no keys"):
        load_recipe(str(file))


def test_a_mark_is_not_planted_beside_the_phantoms_own_shortcut():
    with pytest.raises(ReadableError, match="not both"):
        load_recipe("phantom", ["planted=patch", "phantom_shortcut=true"])


@pytest.mark.parametrize(
    ("other", "sentence"), [("update_every=1", "not both"), ("averaging=0.9", "Leave averaging")]
)
def test_projection_in_training_is_refused_where_prototypes_would_not_stay_projected(
    other, sentence
):
    with pytest.raises(ReadableError, match=sentence):
        load_recipe("folder", ["project_every=2", other])
