import json
import subprocess
from dataclasses import replace

import pytest
import torch

from training.data.placed_images import PlacedImages
from training.datasets.samples import Sample
from training.fitting.run_folder import code_state, data_sha256, describe
from training.recipe import load_recipe


@pytest.fixture
def images():
    samples = tuple(Sample(f"s{i}", None, f"p{i}", i % 2) for i in range(4))
    return PlacedImages(torch.zeros(4, 1, 8, 8), torch.zeros(4), samples, ("a", "b", "c", "d"))


def test_the_data_hash_follows_files_labels_and_patients_and_not_their_order(images):
    whole = data_sha256(images)
    backwards = replace(images, samples=images.samples[::-1], sha256s=images.sha256s[::-1])
    assert data_sha256(backwards) == whole
    for changed in (
        replace(images, sha256s=("a", "b", "c", "e")),
        replace(images, samples=(*images.samples[:3], replace(images.samples[3], label=0))),
        replace(images, samples=(*images.samples[:3], replace(images.samples[3], patient_id="x"))),
    ):
        assert data_sha256(changed) != whole


def test_the_weights_are_named_and_hashed_without_their_path(images, tmp_path):
    path = tmp_path / "imagenet.safetensors"
    path.write_bytes(b"weights")
    result = describe(
        load_recipe("folder", [f"weights={path}"]), images, command="train", device="cpu"
    )
    assert result["recipe"]["weights"] == "imagenet.safetensors"
    assert len(result["weights_sha256"]) == 64
    assert str(tmp_path) not in json.dumps(result)
    assert result["packages"]["torch"] == torch.__version__.partition("+")[0]


def test_the_code_is_named_by_its_commit_and_by_whether_it_was_changed(tmp_path):
    assert code_state(tmp_path) == {"commit": None, "changed": None}

    def git(*words):
        name = ["-c", "user.name=x", "-c", "user.email=x@y"]
        subprocess.run(["git", "-C", str(tmp_path), *name, *words], check=True, capture_output=True)

    git("init")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-m", "a")
    clean = code_state(tmp_path)
    assert len(clean["commit"]) == 40 and clean["changed"] is False
    (tmp_path / "a").write_text("2")
    assert code_state(tmp_path) == {"commit": clean["commit"], "changed": True}
