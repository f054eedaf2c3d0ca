import json
import subprocess
import sys

import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.model_card import ModelCard
from dprotonet.errors import WrongRequest
from dprotonet.modeling.options import ModelOptions
from dprotonet.modeling.preprocessing import Preprocessing
from tests.dprotonet.bundle.folders import save_model
from tests.dprotonet.tiny_bundle import (
    SIZE,
    make_tiny_bundle,
    network_input,
    tiny_images,
    tiny_model,
)
from tests.dprotonet.tiny_concepts import CONCEPTS, make_tiny_concept_bundle, tiny_concept_model


def test_a_saved_bundle_gives_back_the_same_network(tmp_path):
    model = tiny_model(ModelOptions(("a", "b"), depth=8, image_size=SIZE, prototypes_per_class=2))
    bundle = save_model(model, tmp_path / "one")
    loaded = Bundle.load(tmp_path / "one").model
    assert loaded.part_digests() == model.part_digests()
    assert not loaded.training and not any(p.requires_grad for p in loaded.parameters())
    x = network_input(tiny_images(2, 1))
    with torch.no_grad():
        assert torch.equal(loaded(x).logits, model(x).logits)
    assert bundle.digest == Bundle.load(tmp_path / "one").digest


def test_a_bundle_tells_what_it_is(saved):
    assert saved.name == "tiny" and saved.short == saved.digest[:8] and len(saved.digest) == 64
    assert saved.classes == ("none", "finding") and saved.negative_class == "none"
    assert saved.preprocessing == Preprocessing(SIZE)
    assert saved.card.limits == ("It knows nothing.",)
    assert saved.prototype_ids == ("p00", "p01", "p02", "p03")
    assert [record.class_name for record in saved.prototypes] == ["none"] * 2 + ["finding"] * 2
    assert all(record.activation is not None for record in saved.prototypes)
    listed = [(entry.prototype, entry.sample_id) for entry in saved.gallery]
    assert listed == [(r.id, s.sample_id) for r in saved.prototypes for s in r.sources]
    assert all(e.picture.is_file() and e.heatmap.is_file() for e in saved.gallery)


def test_cards_and_galleries_are_read_without_torch(saved):
    code = (
        "import sys, dprotonet\n"
        "from dprotonet.bundle.bundle import Bundle\n"
        "from dprotonet.inference.prediction import Prediction\n"
        f"bundle = Bundle.load({str(saved.path)!r}, with_model=False)\n"
        "print(bundle.digest, bundle.card.title, len(bundle.gallery), len(bundle.prototypes))\n"
        "heavy = {'torch', 'torchvision', 'safetensors', 'numpy'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=".")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [saved.digest, "tiny:", "random", "weights", "8", "4"]


def test_amending_keeps_the_network_and_changes_the_digest(folder):
    before = Bundle.load(folder)
    after = before.amend(card=ModelCard("New", metrics={"auroc": 0.9}), temperature=2.0)
    assert after.card.metrics == {"auroc": 0.9} and after.temperature == 2.0
    assert after.threshold == before.threshold and after.name == before.name
    assert after.digest != before.digest
    assert after.model.part_digests() == before.model.part_digests()
    assert Bundle.load(folder).digest == after.digest


def test_a_network_with_concepts_is_a_bundle_with_names_levels_and_what_shows_each_most(tmp_path):
    bundle = Bundle.load(make_tiny_concept_bundle(tmp_path / "concepts").path)
    assert bundle.concepts == CONCEPTS and bundle.has_prototypes
    assert [record.kind for record in bundle.prototypes] == ["concept"] * 2 + ["other"] * 2
    assert [len(record.sources) for record in bundle.prototypes] == [3, 3, 0, 0]
    assert all(entry.picture is not None and entry.own_map for entry in bundle.gallery)
    assert torch.equal(bundle.network.level, tiny_concept_model().level)
    assert json.loads((bundle.path / "bundle.json").read_text())["format"] == 5


def test_what_needs_prototypes_says_that_a_bundle_has_concepts(tmp_path):
    bundle = make_tiny_concept_bundle(tmp_path / "concepts")
    with pytest.raises(WrongRequest, match="concepts and no prototypes"):
        _ = bundle.model


def test_bundles_of_earlier_versions_keep_their_format_and_say_no_kind(tmp_path):
    folder = make_tiny_bundle(tmp_path / "tiny").path
    assert json.loads((folder / "bundle.json").read_text())["format"] == 1
    records = json.loads((folder / "prototypes.json").read_text())["prototypes"]
    assert all("kind" not in record for record in records)
