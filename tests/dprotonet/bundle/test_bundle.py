import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.digests import file_digest, raw_tensors
from dprotonet.bundle.gallery import GalleryPicture
from dprotonet.bundle.manifest import write_manifest
from dprotonet.bundle.model_card import ModelCard
from dprotonet.bundle.parts import BundleParts
from dprotonet.bundle.writer import save_bundle
from dprotonet.errors import UnusableBundle
from dprotonet.modeling.digests import json_digest
from dprotonet.modeling.model import ModelOptions
from dprotonet.modeling.preprocessing import Preprocessing
from dprotonet.prototypes.activation_stats import activation_statistics
from dprotonet.prototypes.update import update_prototypes
from tests.dprotonet.tiny_bundle import (
    SIZE,
    make_tiny_bundle,
    network_input,
    tiny_batches,
    tiny_images,
    tiny_model,
)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return make_tiny_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture
def folder(saved, tmp_path):
    """A copy to spoil."""
    import shutil

    return Path(shutil.copytree(saved.path, tmp_path / "tiny"))


def rewrite(folder, change):
    """Alter bundle.json as someone would who also puts its digest right."""
    data = json.loads((folder / "bundle.json").read_text())
    change(data)
    data.pop("digest")
    data["digest"] = json_digest(data)
    (folder / "bundle.json").write_text(json.dumps(data))


def refused(folder, says):
    with pytest.raises(UnusableBundle, match=says):
        Bundle.load(folder, with_model=False)


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


def save_model(model, directory, **changes):
    images = tiny_images(2)
    update = update_prototypes(model, tiny_batches(images, 2), m=3)
    update.apply_to(model)
    given = {
        "name": "one",
        "model": model,
        "preprocessing": Preprocessing(SIZE),
        "update": update,
        "statistics": activation_statistics(model, tiny_batches(images, 2)),
        "card": ModelCard("One"),
        **changes,
    }
    return save_bundle(directory, BundleParts(**given))


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


def test_the_same_training_gives_the_same_digest(saved, tmp_path):
    assert make_tiny_bundle(tmp_path / "again").digest == saved.digest
    assert make_tiny_bundle(tmp_path / "other", seed=1).digest != saved.digest


def test_a_gallery_may_be_without_pictures(tmp_path):
    bundle = make_tiny_bundle(tmp_path / "bare", pictures=False)
    assert len(bundle.gallery) == 8
    assert all(e.picture is None and e.heatmap is None for e in bundle.gallery)
    assert [p.name for p in (tmp_path / "bare" / "gallery").iterdir()] == ["gallery.json"]


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


@pytest.mark.parametrize("part", ["backbone", "masks", "prototypes", "head"])
def test_an_altered_tensor_is_refused_by_the_name_of_its_part(folder, part):
    keys = {
        "backbone": "backbone.features.0.0.weight",
        "masks": "add_on.0.weight",
        "prototypes": "prototypes",
        "head": "head.weight",
    }
    path = folder / "model.safetensors"
    data = path.read_bytes()
    tensor = next(t for t in raw_tensors(data) if t.name == keys[part])
    place = data.index(bytes(tensor.data))
    path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    refused(folder, f"The {part} of the model 'tiny'.*was altered")


def test_a_weights_file_cut_short_is_refused(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    refused(folder, r"model\.safetensors of the model 'tiny' was altered")


@pytest.mark.parametrize("name", ["prototypes.json", "gallery/gallery.json", "gallery/p00-00.png"])
def test_an_altered_file_is_refused_by_its_name(folder, name):
    with (folder / name).open("ab") as stream:
        stream.write(b" ")
    refused(folder, f"{name} of the model 'tiny' was altered")


def test_an_altered_manifest_is_refused(folder):
    path = folder / "bundle.json"
    path.write_text(path.read_text().replace('"threshold": 0.5', '"threshold": 0.9'))
    refused(folder, r"bundle\.json of the model .* was altered")


def test_a_missing_gallery_file_is_named(folder):
    (folder / "gallery" / "p01-00.heatmap.png").unlink()
    refused(folder, r"lacks its file gallery/p01-00\.heatmap\.png")


def test_an_extra_file_is_named_and_a_hidden_one_is_none_of_ours(folder):
    (folder / "gallery" / ".DS_Store").write_bytes(b"")
    Bundle.load(folder, with_model=False)
    (folder / "gallery" / "p09-00.png").write_bytes(b"")
    refused(folder, r"a file it does not list: gallery/p09-00\.png")


def test_a_link_is_refused(folder, tmp_path):
    target = tmp_path / "elsewhere.png"
    (folder / "gallery" / "p00-00.png").rename(target)
    (folder / "gallery" / "p00-00.png").symlink_to(target)
    refused(folder, r"gallery/p00-00\.png .* is a link")


@pytest.mark.parametrize(
    "name", ["../secret.png", "/etc/passwd", "gallery/../../secret.png", "gallery\\x.png", ".x"]
)
def test_a_manifest_cannot_name_a_file_outside_its_folder(folder, name):
    (folder.parent / "secret.png").write_bytes(b"secret")
    rewrite(folder, lambda data: data["files"].update({name: file_digest(folder / "bundle.json")}))
    refused(folder, "cannot be the name of a bundle's file")


@pytest.mark.parametrize(
    "name", ["../../secret.png", "../bundle.json", "p09-00.png", "gallery.json"]
)
def test_a_gallery_cannot_name_a_file_that_the_bundle_does_not_list(folder, name):
    (folder.parent / "secret.png").write_bytes(b"secret")
    path = folder / "gallery" / "gallery.json"
    entries = json.loads(path.read_text())
    entries["entries"][0]["picture"] = name
    path.write_text(json.dumps(entries))
    rewrite(folder, lambda d: d["files"].update({"gallery/gallery.json": file_digest(path)}))
    refused(folder, "which the bundle does not list")


@pytest.mark.parametrize("part", ["backbone", "masks", "preprocessing"])
def test_prototypes_made_with_other_parts_are_stale(folder, part):
    rewrite(folder, lambda data: data["prototypes_made_with"].update({part: "0" * 64}))
    refused(folder, f"stale: its {part} changed after they were made")


def test_another_preprocessing_makes_the_prototypes_stale(folder):
    rewrite(folder, lambda data: data["preprocessing"].update(mean=[0.5, 0.5, 0.5]))
    refused(folder, "stale: its preprocessing changed")


def test_a_backbone_swapped_in_with_all_its_hashes_right_is_stale(saved, folder, tmp_path):
    other = make_tiny_bundle(tmp_path / "other", seed=1)
    data = (other.path / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data)
    digest = file_digest(folder / "model.safetensors")
    rewrite(folder, lambda m: m["files"].update({"model.safetensors": digest}))
    rewrite(folder, lambda m: m.update(parts=other.manifest.parts))
    refused(folder, "stale: its backbone changed")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(format=2), "format 2"),
        (lambda d: d.pop("card"), "cannot be used"),
        (lambda d: d.update(temperature=0), "temperature"),
        (lambda d: d.update(threshold=2), "threshold"),
        (lambda d: d.update(negative_class="nothing"), "negative class"),
        (lambda d: d.update(name=7), "name"),
        (lambda d: d.update(surprise=1), "surprise"),
        (lambda d: d.update(files=[]), "hash"),
        (lambda d: d["options"].update(masks="sparse"), "masks"),
        (lambda d: d["parts"].update(head="short"), "hash of head"),
        (lambda d: d.update(classes=["x", "y"]), "classes"),
        (lambda d: d["files"].pop("prototypes.json"), r"does not list prototypes\.json"),
    ],
)
def test_a_manifest_that_cannot_be_is_refused_in_a_sentence(folder, change, says):
    rewrite(folder, change)
    refused(folder, says)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "null", '{"format": 1}', '{"format": 1, "x": NaN}']
)
def test_a_manifest_that_is_no_object_is_refused(folder, text):
    (folder / "bundle.json").write_text(text)
    refused(folder, r"bundle\.json|format")


def test_a_folder_without_a_model_is_refused(tmp_path):
    refused(tmp_path, r"holds no model: it has no bundle\.json")
    refused(tmp_path / "nowhere", "holds no model")


def test_weights_that_changed_after_loading_are_refused_at_their_first_use(folder):
    bundle = Bundle.load(folder, with_model=False)
    with (folder / "model.safetensors").open("ab") as stream:
        stream.write(b"more")
    with pytest.raises(UnusableBundle, match="altered"):
        _ = bundle.model


def test_weights_that_do_not_fit_the_options_are_refused(folder):
    bundle = Bundle.load(folder, with_model=False)
    options = replace(bundle.manifest.options, depth=8)
    write_manifest(folder, replace(bundle.manifest, options=options))
    with pytest.raises(UnusableBundle, match="do not fit its options"):
        Bundle.load(folder)


def test_half_precision_halves_the_file_and_keeps_the_predictions(tmp_path):
    whole = make_tiny_bundle(tmp_path / "whole", backbone="resnet18", pictures=False)
    half = make_tiny_bundle(
        tmp_path / "half", backbone="resnet18", pictures=False, half_precision=True
    )
    sizes = [(b.path / "model.safetensors").stat().st_size for b in (whole, half)]
    assert sizes[1] < 0.55 * sizes[0]
    x = network_input(tiny_images(2))
    with torch.no_grad():
        exact, near = whole.model(x).similarities, half.model(x).similarities
    assert {value.dtype for value in half.model.parameters()} == {torch.float32}
    assert not torch.equal(exact, near)
    assert torch.allclose(exact, near, atol=0.01)


def test_saving_prototypes_made_before_the_backbone_changed_is_refused(tmp_path):
    model = tiny_model(ModelOptions(("a", "b"), depth=8, image_size=SIZE, prototypes_per_class=2))
    update = update_prototypes(model, tiny_batches(tiny_images(2), 2))
    update.apply_to(model)
    with torch.no_grad():
        model.backbone[0][0][0].weight.mul_(1.01)
    with pytest.raises(UnusableBundle, match="stale: the backbone changed"):
        save_bundle(
            tmp_path / "stale",
            BundleParts(
                name="stale",
                model=model,
                preprocessing=Preprocessing(SIZE),
                update=update,
                statistics=activation_statistics(model, tiny_batches(tiny_images(2), 2)),
                card=ModelCard("Stale"),
            ),
        )
    assert list(tmp_path.iterdir()) == []


def test_saving_an_update_that_was_not_applied_is_refused(tmp_path):
    model = tiny_model(ModelOptions(("a", "b"), depth=8, image_size=SIZE, prototypes_per_class=2))
    update = update_prototypes(model, tiny_batches(tiny_images(2), 2))
    with pytest.raises(UnusableBundle, match="Apply the update"):
        save_bundle(
            tmp_path / "x",
            BundleParts(
                name="x",
                model=model,
                preprocessing=Preprocessing(SIZE),
                update=update,
                statistics=activation_statistics(model, tiny_batches(tiny_images(2), 2)),
                card=ModelCard("X"),
            ),
        )


def test_saving_over_a_model_replaces_it_whole(tmp_path):
    make_tiny_bundle(tmp_path / "tiny")
    bundle = make_tiny_bundle(tmp_path / "tiny", pictures=False, seed=1)
    assert Bundle.load(tmp_path / "tiny").digest == bundle.digest
    assert [p.name for p in tmp_path.iterdir()] == ["tiny"]


def test_a_failed_save_leaves_the_old_model_and_nothing_else(tmp_path, monkeypatch):
    old = make_tiny_bundle(tmp_path / "tiny")
    monkeypatch.setattr("dprotonet.bundle.writer.write_manifest", fail)
    with pytest.raises(OSError, match="full"):
        make_tiny_bundle(tmp_path / "tiny", seed=1)
    assert [p.name for p in tmp_path.iterdir()] == ["tiny"]
    assert Bundle.load(tmp_path / "tiny").digest == old.digest


def fail(*_):
    raise OSError("the disk is full")


def test_saving_never_replaces_a_folder_that_holds_something_else(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("years")
    with pytest.raises(UnusableBundle, match="holds no model"):
        make_tiny_bundle(tmp_path / "work")
    assert (tmp_path / "work" / "thesis.txt").read_text() == "years"


def test_a_picture_of_a_sample_that_is_no_source_is_refused(tmp_path):
    model = tiny_model(ModelOptions(("a", "b"), depth=8, image_size=SIZE, prototypes_per_class=2))
    picture = GalleryPicture("p00", "stranger", picture=b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ValueError, match="'stranger' is no source"):
        save_model(model, tmp_path / "x", gallery=(picture,))


def test_amending_keeps_the_network_and_changes_the_digest(folder):
    before = Bundle.load(folder)
    after = before.amend(card=ModelCard("New", metrics={"auroc": 0.9}), temperature=2.0)
    assert after.card.metrics == {"auroc": 0.9} and after.temperature == 2.0
    assert after.threshold == before.threshold and after.name == before.name
    assert after.digest != before.digest
    assert after.model.part_digests() == before.model.part_digests()
    assert Bundle.load(folder).digest == after.digest
