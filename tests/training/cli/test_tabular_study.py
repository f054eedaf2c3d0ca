"""The command from its arguments to figures and page; networks are those of the study's tests."""

import json

import pytest

from tests.training.datasets.tabular.table_files import write_table
from training.cli.parser import build_parser, main
from training.comparison.tables import study


def test_unknown_encodings_are_refused(capsys):
    with pytest.raises(SystemExit):
        build_parser().parse_args(
            ["tabular-study", "tabular", "--out", "o", "--encodings", "pickle"]
        )
    assert "cpcr" in capsys.readouterr().err


def test_a_recipe_of_images_is_refused(tmp_path, capsys):
    assert main(["tabular-study", "phantom", "--out", str(tmp_path)]) == 2
    assert "tabular" in capsys.readouterr().err


def test_finished_folds_are_kept_and_a_page_is_written(tmp_path, monkeypatch, capsys):
    made = []

    def network_fold(source, recipe, fold, *, out, device):
        made.append(fold.number)
        result = {"auroc": 0.9, "seconds": 1.0, "distinct_images": 60}
        if fold.number < study.EXPLAINED_FOLDS:
            names = ("size", "shape", "grade")
            shares = dict.fromkeys(names, 1 / 3)
            result |= {"shares": shares, "importance": shares, "on_attributes": 0.5}
            result |= {"rank_correlation": 0.25}
        return result

    monkeypatch.setattr(study, "network_fold", network_fold)
    data = write_table(tmp_path / "t.csv", rows=160)
    command = ["tabular-study", "tabular", "--data", str(data), "--out", str(tmp_path / "out")]
    command += ["--set", "target=kind", "--set", "group=patient"]
    assert main(command) == 0
    assert main(command) == 0
    assert made == list(range(10))
    found = json.loads((tmp_path / "out" / "t.json").read_text())
    assert found["models"]["cpcr"]["auroc"] == {"mean": pytest.approx(0.9), "sd": pytest.approx(0)}
    assert found["attributes_of_cpcr"]["size"]["boosting"] > 0
    assert "rows as images" in (tmp_path / "out" / "t.md").read_text()
    capsys.readouterr()
