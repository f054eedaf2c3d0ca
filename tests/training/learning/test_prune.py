import contextlib
import io
import json
import shutil

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.editing.apply import apply_edit
from dprotonet.editing.propose import propose_edit
from training.cli.parser import main


def command(bundle, data, out, *more):
    arguments = ["prune", str(bundle), "--data", str(data), "--out", str(out), "--sources", "1"]
    return [*arguments, "--device", "cpu", *more]


@pytest.fixture(scope="module")
def result(patches, class_folder, tmp_path_factory):
    """A bundle pruned by a rule that hardly any prototype of a random network meets."""
    out, printed = tmp_path_factory.mktemp("pruned") / "bundle", io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(command(patches, class_folder, out, "--least", "6")) == 0
    return Bundle.load(out), json.loads(printed.getvalue())


@pytest.fixture
def strict(result):
    return result[0]


def test_the_pruned_bundle_loads_with_as_many_prototypes_as_stay_in_each_class(patches, strict):
    parent, change = Bundle.load(patches), strict.changes[-1]
    counts = strict.options.prototype_counts
    assert change.kind == "pruned" and strict.parent == parent.digest
    assert sum(counts) == len(parent.prototype_ids) - len(change.figures["pruned"])
    assert list(counts) == change.figures["kept_by_class"] and min(counts) >= 1
    for new, old in change.figures["ids"].items():
        before = parent.prototypes[parent.prototype_ids.index(old)]
        after = strict.prototypes[strict.prototype_ids.index(new)]
        assert after.sources == before.sources and after.class_name == before.class_name
    assert strict.same_prototypes == (strict.digest,)
    assert "pruned" in strict.card.limits[-1]


def test_accuracy_before_and_after_is_printed_and_kept(result):
    bundle, printed = result
    for side in ("validation", "test"):
        for name in ("before", "cut", "after"):
            assert 0.0 <= printed[side][name]["accuracy"] <= 1.0
        assert printed[side]["after"]["prototypes"] < printed[side]["before"]["prototypes"]
    assert printed["digest"] == bundle.digest
    test = bundle.card.metrics["accuracy"]
    assert printed["test"]["after"]["accuracy"] == pytest.approx(test["value"], abs=1e-3)


def test_a_pruned_bundle_is_edited_like_any_other(strict, tmp_path):
    crowded = next(k for k, n in enumerate(strict.options.prototype_counts) if n == max(
        strict.options.prototype_counts
    ))  # fmt: skip
    name = strict.prototype_ids[strict.options.prototype_classes.index(crowded)]
    off = () if strict.options.prototype_counts[crowded] == 1 else (name,)
    edit = propose_edit(strict, off=off, tolerance=10.0)
    edited = apply_edit(strict, edit, tmp_path / "edited")
    assert edited.off == off and len(edited.changes) == len(strict.changes) + 1


def test_a_model_in_which_a_prototype_must_count_is_not_pruned(
    patches, class_folder, tmp_path, capsys
):
    parent = Bundle.load(patches)
    edit = propose_edit(parent, off=(), required=("p02",), tolerance=10.0)
    must = apply_edit(parent, edit, tmp_path / "must")
    assert main(command(must.path, class_folder, tmp_path / "c")) == 2
    assert "p02 must count" in capsys.readouterr().err


def test_nothing_is_written_where_nothing_goes_or_something_stands(
    patches, class_folder, tmp_path, capsys
):
    assert main(command(patches, class_folder, tmp_path / "new", "--nearest", "0")) == 2
    assert "least must lie between" in capsys.readouterr().err
    shutil.copytree(patches, tmp_path / "there")
    assert main(command(patches, class_folder, tmp_path / "there")) == 2
    assert "already exists" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
