from dataclasses import replace

import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.manifest import write_manifest
from dprotonet.errors import UnusableBundle
from tests.dprotonet.tiny_bundle import (
    make_tiny_bundle,
    network_input,
    tiny_images,
)


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
