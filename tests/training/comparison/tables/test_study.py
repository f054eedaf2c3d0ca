import pytest

from tests.training.datasets.tabular.table_files import write_table
from training.comparison.tables import study
from training.datasets.tabular.source import read_table
from training.recipe import load_recipe

SETTINGS = (
    "target=kind group=patient image_size=32 cpcr_grid=8 epochs=2 warm_epochs=1 depth=8 "
    "prototypes_per_class=1 head_steps=5 prune=false stride=16"
)
RECIPE = load_recipe("tabular", SETTINGS.split())


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return read_table(
        write_table(tmp_path_factory.mktemp("t") / "t.csv", rows=160), "kind", "patient"
    )


def test_each_repeat_tests_every_row_once_and_keeps_groups_together(source):
    folds = study.folds_of(source, seed=0, repeats=2)
    assert len(folds) == 4
    for one, other in (folds[:2], folds[2:]):
        assert sorted(one.test + other.test) == list(range(160))
    for fold in folds:
        sides = [
            {source.groups[i] for i in side} for side in (fold.train, fold.validation, fold.test)
        ]
        assert not sides[0] & sides[1]
        assert not (sides[0] | sides[1]) & sides[2]
    assert folds[0] != folds[2]


def test_models_of_the_table_are_scored_and_their_attributes_ranked(source):
    fold = study.folds_of(source, seed=0, repeats=1)[0]
    found = study.rivals_fold(source, RECIPE, fold)
    for name in ("boosting", "logistic"):
        assert found[name]["auroc"] > 0.9
    rises = found["logistic"]["importance"]
    assert max(rises, key=rises.get) == "size"


def test_a_network_is_scored_and_its_heatmaps_are_read_back(source, tmp_path, monkeypatch):
    monkeypatch.setattr(study, "EXPLAINED", 1)
    fold = study.folds_of(source, seed=0, repeats=1)[0]
    found = study.network_fold(source, RECIPE, fold, out=tmp_path, device="cpu")
    assert 0 <= found["auroc"] <= 1
    assert sum(found["shares"].values()) == pytest.approx(1)
    assert set(found["importance"]) == {"size", "shape", "grade"}
    assert 0 < found["on_attributes"] <= 1


def test_the_summary_compares_with_the_better_model_of_the_table():
    scores = {"boosting": (0.8, 0.9), "logistic": (0.9, 0.9), "cpcr": (0.85, 0.95)}
    records = {name: [{"auroc": one} for one in two] for name, two in scores.items()}
    records["cpcr"][0] |= {"rank_correlation": 0.5, "on_attributes": 0.2}
    found = study.summary(records)
    assert found["best_table_model"] == "logistic"
    assert found["models"]["cpcr"]["minus_best"]["mean"] == pytest.approx(0)
    assert found["models"]["cpcr"]["minus_best"]["sd"] == pytest.approx(0.0707, abs=1e-3)
    assert found["models"]["cpcr"]["rank_correlation"] == 0.5
    assert "minus_best" not in found["models"]["logistic"]
