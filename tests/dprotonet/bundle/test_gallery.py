import json

import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.digests import file_digest
from dprotonet.prototypes.own_map import OwnMap
from tests.dprotonet.bundle.folders import refused, rewrite
from tests.dprotonet.tiny_bundle import make_tiny_bundle, network_input, tiny_images


def alter_first_entry(folder, key, value):
    """As someone would who also puts the digests right."""
    path = folder / "gallery" / "gallery.json"
    entries = json.loads(path.read_text())
    entries["entries"][0][key] = value
    path.write_text(json.dumps(entries))
    rewrite(folder, lambda d: d["files"].update({"gallery/gallery.json": file_digest(path)}))


def test_a_gallery_may_be_without_pictures(tmp_path):
    bundle = make_tiny_bundle(tmp_path / "bare", pictures=False)
    assert len(bundle.gallery) == 8
    assert all(e.picture is None and e.heatmap is None for e in bundle.gallery)
    assert [p.name for p in (tmp_path / "bare" / "gallery").iterdir()] == ["gallery.json"]


@pytest.mark.parametrize(
    "name", ["../../secret.png", "../bundle.json", "p09-00.png", "gallery.json"]
)
def test_a_gallery_cannot_name_a_file_that_the_bundle_does_not_list(folder, name):
    (folder.parent / "secret.png").write_bytes(b"secret")
    alter_first_entry(folder, "picture", name)
    refused(folder, "which the bundle does not list")


def test_a_gallery_keeps_where_the_network_looks_in_each_source(tmp_path):
    bundle = make_tiny_bundle(tmp_path / "tiny", own_maps=True)
    with torch.inference_mode():
        masks = bundle.model(network_input(tiny_images(2))).masks.numpy()
    for entry in Bundle.load(tmp_path / "tiny").gallery:
        row = int(entry.sample_id.removeprefix("sample-"))
        number = bundle.prototype_ids.index(entry.prototype)
        assert entry.own_map == OwnMap.of(masks[row, number])
    names = {path.name for path in (tmp_path / "tiny" / "gallery").iterdir()}
    assert names == {
        f"{p}-{n:02d}{end}.png"
        for p in bundle.prototype_ids
        for n in range(2)
        for end in ("", ".heatmap")
    } | {"gallery.json"}


def test_a_gallery_of_an_earlier_version_has_no_own_maps(folder):
    assert "own_map" not in (folder / "gallery" / "gallery.json").read_text()
    assert all(e.own_map is None and e.heatmap for e in Bundle.load(folder).gallery)


@pytest.mark.parametrize(
    "own_map", [{"rows": 2, "columns": 2, "cells": "ff00"}, {"rows": 1}, "ff", {"rows": 1e9}]
)
def test_an_own_map_that_is_none_is_refused(folder, own_map):
    alter_first_entry(folder, "own_map", own_map)
    refused(folder, "records of the model .* cannot be used")
