import json
import shutil

import pytest
import torch
from safetensors.torch import load, save

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.digests import file_digest
from dprotonet.bundle.manifest import READER, read_manifest
from dprotonet.bundle.reader.file import reader_from_bytes, reader_to_bytes
from dprotonet.bundle.writer import add_reader
from dprotonet.editing.apply import apply_edit
from dprotonet.editing.propose import propose_edit
from dprotonet.errors import UnusableBundle
from dprotonet.modeling.reader.mask_reader import build_reader
from dprotonet.modeling.reader.options import ReaderOptions, Stage
from tests.dprotonet.bundle.folders import refused, rewrite, save_model
from tests.dprotonet.read_bundle import WHEN, untrained_reader
from tests.dprotonet.tiny_bundle import make_tiny_bundle

# Of the chest phantom's MobileNetV2.
STAGES = tuple(
    Stage(f"backbone.features.{block}", channels)
    for block, channels in ((3, 24), (6, 32), (13, 96), (18, 1280))
)


def test_a_reader_is_the_same_after_the_file_within_half_precision_and_small(read):
    reader = build_reader(ReaderOptions(STAGES, 56, 64, 128, 4))
    data = reader_to_bytes(reader)
    assert len(data) < 400_000
    again = reader_from_bytes(data, reader.options, "x").state_dict()
    for key, value in reader.state_dict().items():
        torch.testing.assert_close(again[key], value, rtol=1e-3, atol=1e-6)
    assert not any(
        w.requires_grad for w in reader_from_bytes(data, reader.options, "x").parameters()
    )


@pytest.mark.parametrize("spoil", ["bytes", "missing", "shape", "infinite"])
def test_a_file_that_is_no_reader_is_refused(read, spoil):
    data = (read.path / READER).read_bytes()
    tensors = load(data)
    if spoil == "bytes":
        data = b"x" * 40
    elif spoil == "missing":
        data = save({k: v for k, v in tensors.items() if k != "of_class.weight"})
    elif spoil == "shape":
        data = save({**tensors, "of_class.weight": torch.zeros(2, 2)})
    else:
        data = save({**tensors, "mean_0": tensors["mean_0"] + torch.inf})
    with pytest.raises(UnusableBundle, match="mask reader of the model 'x'"):
        reader_from_bytes(data, read.reader_facts.options, "x")


def test_a_bundle_with_a_reader_is_of_another_format_and_all_else_stays(read):
    plain = Bundle.load(f"{read.path}-plain")
    old, new = (json.loads((b.path / "bundle.json").read_text()) for b in (plain, read))
    assert (old["format"], new["format"]) == (1, 3)
    assert new["files"].pop(READER) == file_digest(read.path / READER)
    assert new.pop("reader") == read.reader_facts.to_json()
    (change,) = new.pop("changes")
    assert (change["kind"], change["parent"], change["when"]) == ("reader", plain.digest, WHEN)
    for values in (old, new):
        del values["digest"], values["format"]
    assert old == new
    assert read.same_prototypes == (read.digest, plain.digest)
    assert plain.mask_reader is None and plain.model.mask_reader is None


def test_the_network_of_a_bundle_has_its_reader(read):
    bundle = Bundle.load(read.path)
    assert bundle.model.mask_reader is bundle.mask_reader is not None


def test_an_altered_reader_is_noticed(read, tmp_path):
    folder = shutil.copytree(read.path, tmp_path / "b")
    data = bytearray((folder / READER).read_bytes())
    data[-1] ^= 1
    (folder / READER).write_bytes(bytes(data))
    refused(folder, READER)


def test_facts_without_a_file_and_a_file_without_facts_are_refused(read, tmp_path):
    folder = shutil.copytree(read.path, tmp_path / "b")
    rewrite(folder, lambda data: data.pop("reader"))
    refused(folder, "go together")


def test_a_reader_of_another_network_is_refused(read, tmp_path):
    other = make_tiny_bundle(tmp_path / "other", seed=1)
    with pytest.raises(UnusableBundle, match=r"trained for another network.*training reader"):
        add_reader(other, untrained_reader(read), tmp_path / "new", when=WHEN)
    assert not (tmp_path / "new").exists()


def test_a_reader_that_reads_what_is_not_there_is_refused(read, tmp_path):
    folder = shutil.copytree(read.path, tmp_path / "b")

    def elsewhere(data):
        data["reader"]["options"]["stages"][0]["name"] = "backbone.layer9"

    rewrite(folder, elsewhere)
    with pytest.raises(UnusableBundle, match=r"no module backbone\.layer9"):
        Bundle.load(folder)


def test_an_edit_of_the_last_layer_keeps_the_reader(read, tmp_path):
    edit = propose_edit(read, off=["p00"], tolerance=99.0)
    child = Bundle.load(apply_edit(read, edit, tmp_path / "child").path)
    assert child.reader_facts == read.reader_facts
    assert child.model.mask_reader is not None
    assert file_digest(child.path / READER) == file_digest(read.path / READER)


def test_save_bundle_writes_a_reader(tmp_path):
    first = make_tiny_bundle(tmp_path / "first")
    saved = save_model(first.model, tmp_path / "one", reader=untrained_reader(first))
    assert saved.reader_facts is not None and saved.mask_reader is not None
    assert read_manifest(tmp_path / "one").files[READER]


def test_another_reader_takes_the_place_of_the_first(read, tmp_path):
    folder = shutil.copytree(read.path, tmp_path / "b")
    bundle = Bundle.load(folder)
    again = add_reader(bundle, untrained_reader(bundle, 3), folder, when=WHEN, trained={"seed": 3})
    assert again.reader_facts.seed == 3 and again.card.training["reader"] == {"seed": 3}
    assert [change.kind for change in again.changes] == ["reader", "reader"]
    assert [p.name for p in tmp_path.iterdir()] == ["b"]
