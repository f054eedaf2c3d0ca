import json

import pytest

from tests.training.conftest import settings
from training.cli.parser import main
from training.comparison.protopnet.study import CUT_ONLY, PRUNED, VARIANTS, WHOLE


@pytest.fixture(scope="module")
def written(class_folder, tmp_path_factory):
    """A small study on photographs of three classes."""
    out = tmp_path_factory.mktemp("study")
    command = ["protopnet", "folder", "--data", str(class_folder), "--seeds", "0"]
    more = settings("name=small", "epochs=2", "prototypes_per_class=3")
    assert main([*command, "--out", str(out), "--device", "cpu", *more]) == 0
    return out


def test_every_network_has_its_figures_and_pruning_its_difference(written):
    found = json.loads((written / "small.json").read_text())
    assert tuple(found["variants"]) == VARIANTS
    assert found["recipe"]["weights"] is None and found["recipe"]["prototypes_per_class"] == 3
    for figures in found["variants"].values():
        assert 0.0 <= figures["accuracy"]["mean"] <= 1.0
    pruning = found["pruning"][0]
    assert pruning["before"] == 9 == found["variants"][WHOLE]["prototypes"]["count"]
    kept = sum(pruning["kept_by_class"])
    assert found["variants"][PRUNED]["prototypes"]["count"] == kept
    assert found["variants"][CUT_ONLY]["prototypes"]["count"] == kept
    assert f"{PRUNED} - {WHOLE}" in found["differences"]
    assert "prototypes" not in found["variants"]["plain"]
    assert set(found["most_probable"]["variants"]) == set(VARIANTS)


def test_the_page_stands_beside_the_figures(written):
    page = (written / "small.md").read_text()
    assert page.startswith("# small: ProtoPNet before and after pruning")
    assert "Pruning costs" in page and "python -m training protopnet folder" in page
