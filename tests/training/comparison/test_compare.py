import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from dprotonet.errors import ReadableError
from tests.training import replicas
from tests.training.comparison.conftest import settings
from tests.training.old_rows import in_the_old_form
from training.__main__ import main
from training.comparison import compare as comparing
from training.comparison.compare import Plan
from training.comparison.row_file import FILE, RowFile
from training.presets import search_settings, variant
from training.recipe import load_recipe


def _rows(out):
    return dict(sorted(RowFile(out).rows.items()))


def test_every_network_is_tried_under_as_many_settings_and_then_under_every_seed(compared):
    keys = [json.loads(line)["key"] for line in (compared / FILE).read_text().splitlines()]
    assert set(keys) == set(_rows(compared))
    for slug in ("blackbox", "dprotonet", "protopnet"):
        own = [key for key in keys if key.startswith(f"{slug}/")]
        assert len([n for n in own if "seed0" in n]) == 4
        assert len([n for n in own if "seed1" in n]) == 1
    first = ["dprotonet/fold0-seed0-settings0", "dprotonet/fold0-seed0-settings1"]
    assert keys[:2] == first and keys[5].startswith("blackbox/")  # in the order of the plan
    assert not list(compared.rglob("checkpoint.pt"))  # none is left of a finished training
    assert not (compared / "checkpoints").exists() and not (compared / "rows").exists()


def test_the_settings_with_the_best_validation_images_are_those_of_the_other_seeds(compared):
    rows = _rows(compared)
    for slug in ("blackbox", "dprotonet", "protopnet"):
        tried = [row for key, row in rows.items() if key.startswith(f"{slug}/fold0-seed0")]
        best = max(
            tried,
            key=lambda r: (
                r["validation"]["auroc"] or -1.0,
                -r["validation"]["log_loss"],
                -r["settings"],
            ),
        )
        (other,) = [row for key, row in rows.items() if key.startswith(f"{slug}/fold0-seed1")]
        assert other["chosen"] == best["chosen"]


def test_the_table_has_means_over_seeds_and_differences_to_dprotonet(compared):
    table = json.loads((compared / "colours.json").read_text())
    assert next(iter(table["variants"])) == "dprotonet"
    assert set(table["differences"]) == {"dprotonet - blackbox", "dprotonet - protopnet"}
    each = table["variants"]["dprotonet"]["accuracy"]
    assert each["mean"] == pytest.approx(np.mean(each["each_seed"]), abs=1e-4)
    assert each["sd"] == pytest.approx(np.std(each["each_seed"], ddof=1), abs=1e-4)
    page = (compared / "colours.md").read_text()
    assert "AUROC of dprotonet minus AUROC of blackbox" in page
    assert "/tmp" not in page and re.search(r"python -m training compare folder", page)
    assert (compared / "colours.svg").read_text().startswith("<?xml")
    assert (compared / "colours-trade.svg").read_text().startswith("<?xml")


def test_a_finished_comparison_trains_nothing_again(compared, command, monkeypatch):
    before = (compared / FILE).read_bytes()
    monkeypatch.setattr(comparing, "fit_network", lambda *_, **__: pytest.fail("trained again"))
    assert main(command[1]) == 0
    assert (compared / FILE).read_bytes() == before


def test_a_comparison_of_the_old_form_trains_nothing_again_and_is_packed(
    compared, command, monkeypatch
):
    before = (compared / FILE).read_bytes()
    in_the_old_form(compared)
    assert not (compared / FILE).exists() and len(list(compared.glob("rows/*/*.json"))) == 15
    monkeypatch.setattr(comparing, "fit_network", lambda *_, **__: pytest.fail("trained again"))
    assert main(command[1]) == 0
    assert (compared / FILE).read_bytes() == before and not (compared / "rows").exists()


def test_a_training_that_an_earlier_version_began_goes_on_from_its_checkpoint(
    compared, command, tmp_path, monkeypatch
):
    out = tmp_path / compared.name
    shutil.copytree(compared, out)
    lines = (out / FILE).read_text().splitlines(keepends=True)
    (out / FILE).write_text("".join(lines[1:]))
    begun = out / "rows" / json.loads(lines[0])["key"]
    begun.mkdir(parents=True)
    places = []

    def fit_network(*_, out):
        places.append(out)
        raise KeyboardInterrupt

    monkeypatch.setattr(comparing, "fit_network", fit_network)
    words = [str(out) if word == str(compared) else word for word in command[1]]
    with pytest.raises(KeyboardInterrupt):
        main(words)
    assert places == [begun]


def test_a_lost_row_is_trained_again_to_the_same_figures(compared, command):
    lines = (compared / FILE).read_text().splitlines(keepends=True)
    (lost,) = [line for line in lines if line.startswith('{"key":"dprotonet/fold0-seed1')]
    (compared / FILE).write_text("".join(line for line in lines if line != lost))
    assert main(command[1]) == 0
    again = (compared / FILE).read_text().splitlines(keepends=True)
    before, after = json.loads(lost), json.loads(again[lines.index(lost)])
    assert after["key"] == before["key"] and len(again) == len(lines)
    assert after["probabilities"] == before["probabilities"]


def test_a_comparison_that_was_killed_goes_on_to_the_same_figures(compared, command, tmp_path):
    """One training of each network is lost; the first of them is killed on its way."""
    out = tmp_path / compared.name
    shutil.copytree(compared, out)
    lines = (out / FILE).read_text().splitlines(keepends=True)
    kept = [line for line in lines if "fold0-seed0-settings0" not in json.loads(line)["key"]]
    (out / FILE).write_text("".join(kept))
    words = [str(out) if word == str(compared) else word for word in command[1]]
    line = [sys.executable, "-m", "training", *words]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(line, env={**os.environ, "OMP_NUM_THREADS": "1"}, **quiet) as killed:
        while killed.poll() is None and not list(out.glob("checkpoints/*/*/checkpoint.pt")):
            time.sleep(0.05)
        killed.kill()
    assert killed.returncode == -signal.SIGKILL
    before = _rows(compared)
    assert len(_rows(out)) < len(before)
    assert main(words) == 0
    after = _rows(out)
    assert after.keys() == before.keys()
    for key, row in before.items():
        assert after[key]["probabilities"] == row["probabilities"]


def test_another_plan_is_refused_in_a_folder_that_has_one(compared, command, capsys):
    assert main([*command[1], "--set", "l1=0.5"]) == 2
    assert "holds a comparison with other recipe" in capsys.readouterr().err


def test_a_variant_may_not_change_the_budget_or_the_images():
    recipe = load_recipe("folder")
    with pytest.raises(ReadableError, match="changes epochs"):
        Plan(recipe, ("dprotonet", "protopnet:epochs=9"), (0,))
    with pytest.raises(ReadableError, match="at least two"):
        Plan(recipe, ("dprotonet", "dprotonet"), (0,))


def test_a_variant_is_a_preset_with_keys_of_its_own():
    recipe = variant(load_recipe("folder"), "dprotonet:masks=random,update=kmeans")
    assert (recipe.masks, recipe.update, recipe.network) == ("random", "kmeans", "prototypes")
    with pytest.raises(ReadableError, match="no preset 'protonet'"):
        variant(recipe, "protonet")
    with pytest.raises(ReadableError, match="masks"):
        variant(recipe, "dprotonet:masks=round")


def test_folds_evaluate_every_image_and_choose_in_each_fold(tmp_path, monkeypatch):
    # Two settings are enough to choose among.
    monkeypatch.setattr(comparing, "search_settings", lambda recipe: search_settings(recipe)[:2])
    root = replicas.nih(tmp_path / "nih")
    out = tmp_path / "out"
    words = ["compare", "nih", "--data", str(root), "--out", str(out), "--folds", "2"]
    words += ["--presets", "blackbox", "xprotonet", "--seeds", "3"]
    assert main([*words, *settings("prototypes_per_class=1")]) == 0
    table = json.loads((out / "nih-pneumonia.json").read_text())
    assert table["films"] == 60
    assert sum(c["folds_and_seeds"] for c in table["variants"]["xprotonet"]["chosen"]) == 2
    tried = [key for key in _rows(out) if key.startswith("xprotonet/")]
    assert len(tried) == 4 and len([key for key in tried if "fold1-" in key]) == 2


def test_the_run_folder_says_what_made_it(compared):
    starts = json.loads((compared / "run.json").read_text())["starts"]
    assert starts[0]["recipe"]["name"] == "colours"
    assert starts[0]["command"].startswith("python -m training compare folder --data set")
    assert len(starts[0]["data"]["sha256"]) == 64
