import json

import pytest

from dprotonet.bundle.bundle import Bundle
from training.cli.parser import main


def own(bundle, prototype):
    return [patch for patch in bundle.nearest if patch.prototype == prototype]


def test_a_page_shows_every_prototype_s_nearest_patches(patches, class_folder, tmp_path, capsys):
    out = tmp_path / "global"
    arguments = ["global", str(patches), "--data", str(class_folder), "--out", str(out)]
    assert main([*arguments, "--nearest", "2", "--device", "cpu"]) == 0
    found = json.loads(capsys.readouterr().out)
    bundle = Bundle.load(patches)
    assert list(found) == list(bundle.prototype_ids)
    page = (out / "global.md").read_text()
    for name, figures in found.items():
        assert figures["of"] == 2 and 0 <= figures["of_its_class"] <= 2
        assert f"({name}-2.png)" in page and (out / f"{name}-2.png").is_file()
    stored = json.loads((out / "global.json").read_text())["patches"]
    kept = [patch for name in found for patch in own(bundle, name)[:2]]
    assert [patch["prototype"] for patch in stored] == [patch.prototype for patch in kept]
    # The stored backbone is in 16 bit: of nearly equal patches another one may come first.
    similar = [patch.similarity for patch in kept]
    assert [patch["similarity"] for patch in stored] == pytest.approx(similar, abs=2e-2)


def test_a_model_that_compares_regions_is_refused(trained, class_folder, tmp_path, capsys):
    arguments = ["global", str(trained), "--data", str(class_folder), "--out", str(tmp_path / "x")]
    assert main([*arguments, "--device", "cpu"]) == 2
    assert "regions, not patches" in capsys.readouterr().err
