import pytest
import torch

from dprotonet.modeling.concepts.whitening import (
    ConceptWhitening,
    shrinkage,
    statistics,
)


def slanted(count=64, channels=6, side=4):
    """Cells that share a direction, as those of a real network do."""
    torch.manual_seed(1)
    return torch.randn(count, channels, side, side) + 2.0 * torch.randn(count, 1, side, side) + 5.0


def cells(features):
    return features.transpose(0, 1).flatten(1)


def test_a_batch_has_no_mean_and_no_correlation_afterwards():
    layer = ConceptWhitening(6).train()
    white = cells(layer(slanted()))
    assert white.mean(dim=1).abs().max() < 1e-4
    assert (white @ white.T / white.shape[1] - torch.eye(6)).abs().max() < 0.02
    assert float(layer.shrinkage) == 0.0


def test_the_axes_stay_uncorrelated_under_any_rotation():
    layer = ConceptWhitening(6).train()
    torch.nn.init.orthogonal_(layer.rotation)
    white = cells(layer(slanted()))
    assert (torch.corrcoef(white) - torch.eye(6)).abs().max() < 0.02


def test_in_eval_mode_the_running_statistics_count_and_one_convolution_says_the_same():
    layer = ConceptWhitening(6).train()
    torch.nn.init.orthogonal_(layer.rotation)
    for _ in range(120):
        layer(slanted())
    layer.eval()
    batch = slanted(3)
    assert torch.allclose(layer(batch)[:1], layer(batch[:1]), atol=1e-5)
    assert cells(layer(slanted())).mean(dim=1).abs().max() < 0.05
    assert torch.allclose(layer.as_convolution()(batch), layer(batch), atol=1e-4)


def test_what_is_turned_is_what_was_whitened():
    layer = ConceptWhitening(6).eval()
    torch.nn.init.orthogonal_(layer.rotation)
    batch = slanted(3)
    turned = torch.einsum("dc,nchw->ndhw", layer.rotation, layer.whitened(batch))
    assert torch.allclose(layer(batch), turned, atol=1e-4)


def test_of_fewer_cells_than_channels_the_covariance_is_shrunk_and_the_share_is_told():
    few = slanted(count=2, channels=64)
    found = statistics(few)
    assert 0.0 < found.shrinkage <= 1.0
    assert found.matrix.isfinite().all()
    layer = ConceptWhitening(64).train()
    layer(few)
    assert float(layer.shrinkage) == pytest.approx(found.shrinkage)


def test_more_cells_need_less_shrinkage_and_equal_variances_need_all():
    covariance = torch.diag(torch.linspace(1.0, 9.0, 8))
    shares = [shrinkage(covariance, count) for count in (4, 16, 64, 4096)]
    assert shares == sorted(shares, reverse=True) and shares[-1] < 0.01
    assert shrinkage(torch.eye(8), 16) == 1.0


def test_the_gradient_reaches_what_is_in_front():
    layer = ConceptWhitening(6).train()
    batch = slanted(8).requires_grad_()
    (layer(batch)[:, 0].square() * batch.detach()[:, 1]).sum().backward()
    assert batch.grad is not None and batch.grad.abs().max() > 0
