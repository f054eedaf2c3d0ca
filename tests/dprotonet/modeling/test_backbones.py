import pytest
import torch
from safetensors.torch import save_file

from dprotonet.errors import UnusableBundle, WrongRequest
from dprotonet.modeling.backbones import BACKBONES, build_backbone


@pytest.fixture(scope="module")
def torchvision_file(tmp_path_factory):
    """A mobilenet_v2 in torchvision's key names, with its classifier, random weights."""
    from torchvision.models import mobilenet_v2

    torch.manual_seed(7)
    network = mobilenet_v2(weights=None).eval()
    path = tmp_path_factory.mktemp("weights") / "mobilenet_v2.safetensors"
    save_file(network.state_dict(), path)
    return path, network


@pytest.mark.parametrize("name", BACKBONES)
def test_every_backbone_gives_its_channels_on_a_grid_of_its_stride(name):
    # Without data, so that the heavy ones cost nothing.
    with torch.device("meta"):
        backbone = build_backbone(name)
        features = backbone(torch.empty(2, 3, 64, 96))
    assert features.shape == (2, backbone.out_channels, 2, 3)


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "efficientnet_b0", "small"])
def test_a_small_backbone_runs_on_real_numbers_and_learns(name):
    backbone = build_backbone(name)
    features = backbone(torch.randn(2, 3, 64, 64))
    features.square().mean().backward()
    assert torch.isfinite(features).all()
    assert all(p.grad is not None for p in backbone.parameters())


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "vgg16_bn"])
def test_features_are_those_that_torchvision_pools(name):
    from torchvision import models

    with torch.device("meta"):
        network = models.get_model(name, weights=None)
    backbone = build_backbone(name)
    ours = set(backbone.state_dict())
    theirs = {k for k in network.state_dict() if not k.startswith(("fc.", "classifier."))}
    assert ours == theirs


def test_densenet_ends_in_the_relu_that_torchvision_applies_outside_its_features():
    assert (build_backbone("densenet121").eval()(torch.randn(1, 3, 64, 64)) >= 0).all()


def test_a_torchvision_file_gives_torchvisions_features(torchvision_file):
    path, network = torchvision_file
    backbone = build_backbone("mobilenet_v2", path).eval()
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(backbone(x), network.features(x))


def test_a_file_without_classifier_prefix_and_step_counters_fits_too(torchvision_file, tmp_path):
    _, network = torchvision_file
    bare = {
        key: value
        for key, value in network.features.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }
    save_file(bare, tmp_path / "bare.safetensors")
    backbone = build_backbone("mobilenet_v2", tmp_path / "bare.safetensors")
    key = "features.18.0.weight"
    assert torch.equal(backbone.state_dict()[key], network.state_dict()[key])


def test_a_file_that_lacks_a_tensor_is_refused_by_the_tensors_name(torchvision_file, tmp_path):
    state = dict(torchvision_file[1].state_dict())
    del state["features.5.conv.0.0.weight"]
    save_file(state, tmp_path / "short.safetensors")
    with pytest.raises(UnusableBundle, match=r"lacks features\.5\.conv\.0\.0\.weight"):
        build_backbone("mobilenet_v2", tmp_path / "short.safetensors")


def test_a_tensor_of_another_size_is_refused_by_its_name(torchvision_file, tmp_path):
    state = dict(torchvision_file[1].state_dict())
    state["features.0.0.weight"] = torch.zeros(32, 1, 3, 3)
    save_file(state, tmp_path / "gray.safetensors")
    with pytest.raises(UnusableBundle, match=r"other sizes of features\.0\.0\.weight"):
        build_backbone("mobilenet_v2", tmp_path / "gray.safetensors")


def test_weights_of_another_network_are_refused(torchvision_file):
    with pytest.raises(UnusableBundle, match="does not fit the backbone resnet18"):
        build_backbone("resnet18", torchvision_file[0])


def test_a_pickled_file_is_refused_and_never_opened_as_one(tmp_path):
    torch.save({"features.0.0.weight": torch.zeros(1)}, tmp_path / "weights.pt")
    with pytest.raises(UnusableBundle, match=r"Give a \.safetensors file"):
        build_backbone("mobilenet_v2", tmp_path / "weights.pt")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnusableBundle, match="nowhere"):
        build_backbone("mobilenet_v2", tmp_path / "nowhere.safetensors")


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(WrongRequest, match="mobilenet_v2"):
        build_backbone("mobilenet_v9")


@pytest.mark.parametrize("name", BACKBONES)
def test_without_its_last_halving_every_backbone_has_twice_the_rows_and_the_same_weights(name):
    with torch.device("meta"):
        plain, fine = build_backbone(name), build_backbone(name, stride=16)
        features = fine(torch.empty(2, 3, 64, 96))
    assert features.shape == (2, fine.out_channels, 4, 6)
    assert {k: v.shape for k, v in fine.state_dict().items()} == {
        k: v.shape for k, v in plain.state_dict().items()
    }


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "efficientnet_b0", "small"])
def test_every_second_cell_of_the_finer_grid_is_one_of_the_coarse_grid(name):
    """Spread kernels see what the layers saw before: only the cells between are new."""
    torch.manual_seed(3)
    plain = build_backbone(name).eval()
    fine = build_backbone(name, stride=16).eval()
    fine.load_state_dict(plain.state_dict())
    images = torch.randn(1, 3, 128, 128)
    with torch.no_grad():
        assert torch.allclose(fine(images)[..., ::2, ::2], plain(images), atol=1e-4)


def test_a_stride_that_no_backbone_has_is_refused():
    with pytest.raises(WrongRequest, match="stride"):
        build_backbone("resnet18", stride=8)


def test_the_small_backbone_has_no_weights_to_download():
    with pytest.raises(WrongRequest, match="no weights of the backbone small"):
        build_backbone("small", "torchvision")
