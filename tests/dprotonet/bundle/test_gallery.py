import json

import pytest

from dprotonet.bundle.digests import file_digest
from tests.dprotonet.bundle.folders import refused, rewrite
from tests.dprotonet.tiny_bundle import (
    make_tiny_bundle,
)


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
    path = folder / "gallery" / "gallery.json"
    entries = json.loads(path.read_text())
    entries["entries"][0]["picture"] = name
    path.write_text(json.dumps(entries))
    rewrite(folder, lambda d: d["files"].update({"gallery/gallery.json": file_digest(path)}))
    refused(folder, "which the bundle does not list")
