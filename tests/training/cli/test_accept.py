from __future__ import annotations

import json
from pathlib import Path

import pytest

from dprotonet.errors import WrongRequest
from dprotonet.inference.site_settings import read_site_settings
from tests.dprotonet.tiny_bundle import make_tiny_bundle
from tests.training.image_files import image_files
from training.cli.accept import class_names
from training.cli.parser import main


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bundle(tmp_path_factory.mktemp("accept") / "tiny").path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """12 images of each of two classes, in the words of a site."""
    (tmp_path / "flat").mkdir()
    for number, path in enumerate(image_files(tmp_path / "flat", per_class=12)):
        target = tmp_path / "site" / ("ill" if number % 2 else "well") / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    return tmp_path / "site"


MAPPED = ("--map", "ill=finding", "--map", "well=none", "--resamples", "10", "--device", "cpu")


def test_a_check_leaves_figures_report_and_settings(
    bundle: Path, site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, progress = tmp_path / "out", tmp_path / "progress.json"
    words = ["accept", str(bundle), "--data", str(site), "--out", str(out), *MAPPED]
    assert main([*words, "--by", "Reader One", "--progress", str(progress)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert json.loads((out / "acceptance.json").read_text(encoding="utf-8")) == printed
    assert printed["made_by"] == "Reader One"
    assert (out / "acceptance.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (out / "acceptance.md").read_text(encoding="utf-8").startswith("# tiny")
    settings = read_site_settings(out / "site_settings.json")
    assert settings.digest == printed["recalibrated"]["settings_digest"]
    assert json.loads(progress.read_text()) == {"done": 24, "of": 24}


def test_the_bundle_is_not_changed(bundle: Path, site: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    words = ["accept", str(bundle), "--data", str(site), "--out", str(tmp_path / "out"), *MAPPED]
    assert main(words) == 0
    assert {p.name: p.read_bytes() for p in bundle.rglob("*") if p.is_file()} == before


def test_settings_of_an_earlier_check_do_not_stay_beside_new_figures(
    bundle: Path, site: Path, tmp_path: Path
) -> None:
    file = tmp_path / "own.json"
    words = ["accept", str(bundle), "--data", str(site), "--settings", str(file), *MAPPED]
    assert main(words) == 0
    assert file.is_file()
    for path in sorted((site / "ill").iterdir())[:5]:  # too few are left to fit anything
        path.unlink()
    assert main(words) == 0
    assert not file.exists()


def test_a_class_that_is_not_mapped_is_one_sentence_and_status_two(
    bundle: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["accept", str(bundle), "--data", str(site)]) == 2
    said = capsys.readouterr().err
    assert "has the class 'ill', which tiny does not know. It knows: none, finding." in said
    assert "--map 'ill'=CLASS" in said


def test_pairs_are_read_and_wrong_ones_refused() -> None:
    assert class_names(["a=b", " c = d ", "e="]) == {"a": "b", "c": "d", "e": ""}
    for wrong in (["a"], ["=b"], ["a=b", "a=c"]):
        with pytest.raises(WrongRequest, match="--map"):
            class_names(wrong)
