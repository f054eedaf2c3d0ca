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
import torch

from dprotonet.errors import ReadableError
from tests.training import replicas
from tests.training.conftest import SMALL
from tests.training.old_rows import in_the_old_form
from training.__main__ import main
from training.comparison import compare as comparing
from training.comparison.compare import Plan
from training.comparison.row_file import FILE, RowFile
from training.comparison.table import Seeds, tabulate
from training.presets import variant
from training.recipe import load_recipe

WORDS = ["--presets", "blackbox", "dprotonet", "protopnet", "--seeds", "0", "1"]


def _settings(*more):
    return [word for setting in (*SMALL, "epochs=2", *more) for word in ("--set", setting)]


@pytest.fixture(scope="module")
def command(class_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("compared")
    words = ["compare", "folder", "--data", str(class_folder), "--out", str(out), "--device", "cpu"]
    return out, [*words, *WORDS, *_settings("name=colours")]


@pytest.fixture(scope="module")
def compared(command):
    out, words = command
    assert main(words) == 0
    return out


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


def test_studies_stand_side_by_side_and_say_where_the_first_is_ahead(compared, tmp_path, capsys):
    for name in ("one", "two"):
        shutil.copytree(compared, tmp_path / name, ignore=shutil.ignore_patterns(FILE))
    (tmp_path / "two" / "colours.json").unlink()
    assert main(["studies", str(tmp_path)]) == 0
    page = capsys.readouterr().out
    table = json.loads((compared / "colours.json").read_text())
    found = table["differences"]["dprotonet - blackbox"]["accuracy"]
    assert f"{found['value']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}]" in page
    assert f"{int(found['value'] > 0)} of 1, {int(found['low'] > 0)}" in page
    assert "Begun and not finished: two." in page
    assert main(["studies", str(tmp_path / "two")]) == 2
    assert "no finished comparison" in capsys.readouterr().err


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
    words = [str(tmp_path) if word == str(command[0]) else word for word in command[1]]
    line = [sys.executable, "-m", "training", *words]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(line, env={**os.environ, "OMP_NUM_THREADS": "1"}, **quiet) as killed:
        while killed.poll() is None and not list(tmp_path.glob("checkpoints/*/*/checkpoint.pt")):
            time.sleep(0.05)
        killed.kill()
    assert killed.returncode == -signal.SIGKILL
    assert len(_rows(tmp_path)) < len(_rows(compared))
    assert main(words) == 0
    before, after = _rows(compared), _rows(tmp_path)
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


class _Images:
    """Six images of six patients, for figures that can be counted by hand."""

    labels = torch.tensor([0, 0, 0, 1, 1, 1])
    samples = tuple(type("S", (), {"sample_id": str(i)}) for i in range(6))
    patients = np.arange(6)


class _Run:
    images = _Images()
    recipe = type("R", (), {"resamples": 50})
    dataset = type("D", (), {"classes": ("a", "b")})


def _record(name, seed, scores, ids="012345"):
    return {
        "name": name,
        "seed": seed,
        "sample_ids": list(ids),
        "probabilities": [[1 - s, s] for s in scores],
        "called": [int(s > 0.5) for s in scores],
        "chosen": {},
        "prototypes": None,
        "seconds": 60.0,
        "validation": {"auroc": 0.5},
    }


def test_folds_are_pooled_by_image_and_seeds_are_averaged():
    perfect = [0.1, 0.2, 0.3, 0.7, 0.8, 0.9]
    records = [
        _record("one", 0, perfect[::-1], "543210"),  # images in another order
        _record("one", 1, [0.9, 0.2, 0.3, 0.7, 0.8, 0.95]),
        _record("two", 0, perfect[3:], "345"),
        _record("two", 0, perfect[:3], "012"),
        _record("two", 1, perfect),
    ]
    table = tabulate(_Run(), records, ["one", "two"])
    assert table["variants"]["one"]["auroc"]["each_seed"] == [1.0, round(7 / 9, 4)]
    assert table["variants"]["two"]["auroc"]["each_seed"] == [1.0, 1.0]
    assert table["variants"]["one"]["accuracy"]["each_seed"] == [1.0, round(5 / 6, 4)]
    difference = table["differences"]["one - two"]
    assert difference["auroc"]["value"] == pytest.approx((7 / 9 - 1) / 2, abs=1e-4)
    assert difference["auroc"]["low"] <= difference["auroc"]["value"] <= 0.0
    assert Seeds(_Run(), records[:2]).probabilities.shape == (2, 6, 2)


def test_folds_judge_every_image_and_choose_in_each_fold(tmp_path):
    root = replicas.nih(tmp_path / "nih")
    out = tmp_path / "out"
    words = ["compare", "nih", "--data", str(root), "--out", str(out), "--folds", "2"]
    words += ["--presets", "blackbox", "xprotonet", "--seeds", "3"]
    assert main([*words, *_settings("prototypes_per_class=1")]) == 0
    table = json.loads((out / "nih-pneumonia.json").read_text())
    assert table["films"] == 60
    assert sum(c["folds_and_seeds"] for c in table["variants"]["xprotonet"]["chosen"]) == 2


def test_the_run_folder_says_what_made_it(compared):
    starts = json.loads((compared / "run.json").read_text())["starts"]
    assert starts[0]["recipe"]["name"] == "colours"
    assert starts[0]["command"].startswith("python -m training compare folder --data set")
    assert len(starts[0]["data"]["sha256"]) == 64
