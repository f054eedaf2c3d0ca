import dataclasses

import numpy as np
import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.manifest import RESPONSES, read_manifest, write_manifest
from dprotonet.editing.propose import propose_edit
from dprotonet.errors import WrongRequest
from training.cli.parser import main


def test_training_keeps_what_the_last_layer_was_fitted_on(trained):
    bundle = Bundle.load(trained)
    kept = bundle.responses
    assert kept is not None and kept.similarities.shape[1] == len(bundle.prototype_ids)
    films = bundle.card.training["films"]
    assert int((~kept.validation).sum()) == films["train"]
    assert int(kept.validation.sum()) == films["validation"]
    assert len(np.unique(kept.groups)) < len(kept.groups)  # patients have several images
    edit = propose_edit(bundle, off=())
    assert edit.head == pytest.approx(bundle.model.head.weight.numpy(), abs=1e-5)
    assert edit.calls_changed == 0 and edit.before == edit.after


def test_an_older_bundle_gets_the_same_responses_and_keeps_its_network(
    trained, class_folder, tmp_path, capsys
):
    import shutil

    old = shutil.copytree(trained, tmp_path / "old")
    (old / RESPONSES).unlink()
    manifest = read_manifest(old)
    files = {name: digest for name, digest in manifest.files.items() if name != RESPONSES}
    write_manifest(old, dataclasses.replace(manifest, files=files))
    before = Bundle.load(old, with_model=False)
    assert before.responses is None
    line = ["responses", str(old), "--data", str(class_folder), "--device", "cpu"]
    assert main(line) == 0
    after, expected = Bundle.load(old), Bundle.load(trained).responses
    assert after.responses is not None and expected is not None
    # The stored backbone is in 16 bit, so that similarities differ in the third digit.
    assert after.responses.similarities == pytest.approx(expected.similarities, abs=2e-2)
    assert np.array_equal(after.responses.labels, expected.labels)
    assert np.array_equal(after.responses.groups, expected.groups)
    assert after.parent == before.digest and after.changes[-1].kind == "responses"
    assert after.manifest.parts == before.manifest.parts
    assert main(line) == 2
    assert "keeps its responses" in capsys.readouterr().err


def test_a_bundle_with_responses_is_left_alone(trained, class_folder, tmp_path):
    from training.learning.responses import complete

    with pytest.raises(WrongRequest, match="nothing is to be added"):
        complete(Bundle.load(trained), class_folder, tmp_path / "x", device="cpu")
    assert not (tmp_path / "x").exists()
