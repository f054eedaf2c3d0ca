import json

import pytest

from tests.training.conftest import settings
from training.cli.parser import main


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A small study of the phantom with its shortcut."""
    out = tmp_path_factory.mktemp("study")
    more = ("phantom_films=80", "phantom_size=80", "phantom_shortcut=true", "epochs=2")
    wanted = ("turn_every=2", "concept_batch=8", "concepts=token,AP view", "name=small")
    command = ["concepts", "phantom", "--out", str(out), "--seeds", "0", "1", "--device", "cpu"]
    assert main([*command, *settings(*more, *wanted)]) == 0
    return out


def test_a_study_has_a_figure_of_each_concept_and_of_both_networks(written):
    found = json.loads((written / "small.json").read_text())
    assert list(found["concepts"]) == ["token", "AP view"]
    for figures in found["concepts"].values():
        assert 0.0 <= figures["axis"]["value"] <= 1.0
        assert 0.0 <= figures["svm"]["value"] <= 1.0
        assert 0.0 <= figures["plain"]["svm"]["value"] <= 1.0
        own = figures["axis"]["each_seed"]
        assert figures["axis"]["value"] == pytest.approx(sum(own) / 2, abs=2e-4)
        assert own[0] != own[1]
    assert {"accuracy", "auroc", "seconds"} <= set(found["networks"]["plain"])
    assert 0.0 <= found["correlation"] <= 1.0
    assert len(found["pulls"]) == 2 * 4
    assert found["images"]["test"] + found["images"]["train"] < 80
    assert (written / "small.md").read_text().startswith("# small: axes that are concepts")
