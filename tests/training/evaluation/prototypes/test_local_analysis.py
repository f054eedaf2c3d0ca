import json

import pytest
from PIL import Image

from tests.dprotonet.tiny_bundle import make_tiny_bundle, tiny_images
from training.cli.parser import main


def test_a_page_says_what_each_prototype_adds_and_names_no_file(tmp_path, capsys):
    bundle = make_tiny_bundle(tmp_path / "tiny", masks="patch", prototypes_per_class=(2, 3))
    Image.fromarray(tiny_images(2, 1)[1]).save(tmp_path / "JANE-DOE.png")
    command = ["local", str(bundle.path), str(tmp_path / "JANE-DOE.png")]
    out = tmp_path / "local"
    assert main([*command, "--out", str(out), "--most", "4", "--device", "cpu"]) == 0
    printed = capsys.readouterr().out
    found = json.loads(printed)["images"]
    assert json.loads((out / "1" / "local.json").read_text()) == found[0]
    page = (out / "1" / "local.md").read_text()
    assert len(found[0]["rows"]) == 4 and "JANE" not in page and "JANE" not in printed
    for row in found[0]["rows"]:
        assert row["contribution"] == pytest.approx(row["similarity"] * row["weight"])
        assert f"({row['prototype']}.png)" in page and (out / "1").is_dir()
        assert f"({row['prototype']}-training.png)" in page
        assert (out / "1" / f"{row['prototype']}-training.png").is_file()


def test_an_image_that_the_model_is_not_for_gets_no_figures(patches, tmp_path, capsys):
    Image.new("L", (300, 80), 255).save(tmp_path / "white.png")
    command = ["local", str(patches), str(tmp_path / "white.png"), "--out", str(tmp_path / "out")]
    assert main([*command, "--device", "cpu"]) == 2
    assert "is not for this image" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
