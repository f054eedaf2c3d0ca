import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.digests import file_digest, raw_tensors
from tests.dprotonet.bundle.folders import refused, rewrite
from tests.dprotonet.tiny_bundle import (
    make_tiny_bundle,
)


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
    start = data.index(bytes(tensor.data))
    path.write_bytes(data[:start] + bytes([data[start] ^ 1]) + data[start + 1 :])
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
