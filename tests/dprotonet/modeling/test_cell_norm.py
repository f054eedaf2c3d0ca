import pytest
import torch

from dprotonet.modeling.cell_norm import Whitening, inverse_root, shrunk
from dprotonet.modeling.freezing.frozen import freeze
from dprotonet.modeling.model import build_model
from tests.dprotonet.modeling.networks import options


def slanted(count=64):
    """Cells that share a direction, as those of a real network do."""
    torch.manual_seed(1)
    plain = torch.randn(count, 6, 4, 4)
    return plain + 3.0 * torch.randn(count, 1, 4, 4) + 5.0


def test_whitened_cells_have_no_mean_and_hardly_any_correlation():
    norm = Whitening(6).train()
    cells = norm(slanted()).transpose(0, 1).flatten(1)
    assert cells.mean(dim=1).abs().max() < 1e-4
    before = slanted().transpose(0, 1).flatten(1)
    apart = torch.corrcoef(cells) - torch.eye(6)
    assert apart.abs().max() < 0.35 * (torch.corrcoef(before) - torch.eye(6)).abs().max()


def test_in_eval_mode_the_running_statistics_count_and_an_image_stands_alone():
    norm = Whitening(6).train()
    for _ in range(60):
        norm(slanted())
    norm.eval()
    batch = slanted(3)
    assert torch.allclose(norm(batch)[:1], norm(batch[:1]), atol=1e-5)
    assert norm(slanted()).mean(dim=(0, 2, 3)).abs().max() < 0.1


def test_the_inverse_root_undoes_a_well_conditioned_matrix():
    matrix = shrunk(torch.diag(torch.tensor([1.0, 2.0, 1.5])))
    root = inverse_root(matrix)
    assert torch.allclose(root @ matrix @ root, torch.eye(3), atol=0.02)


def test_the_inverse_root_is_that_of_the_eigenvalues():
    matrix = torch.diag(torch.tensor([1.0, 2.0, 1.5]))
    assert torch.allclose(
        inverse_root(matrix, 10), matrix.rsqrt().nan_to_num(posinf=0.0), atol=1e-5
    )


def test_the_inverse_root_is_the_published_sequence():
    """In double precision, where that one can still be followed."""
    torch.manual_seed(0)
    slant = torch.randn(6, 6, dtype=torch.float64)
    matrix = slant @ slant.T + torch.eye(6, dtype=torch.float64)
    published = torch.eye(6, dtype=torch.float64)
    for _ in range(7):
        scaled = matrix / matrix.diagonal().sum()
        published = 1.5 * published - 0.5 * published @ published @ published @ scaled
    published = published / matrix.diagonal().sum().sqrt()
    assert torch.allclose(inverse_root(matrix, 7), published, atol=1e-9)


@pytest.mark.parametrize("condition", [1.0, 25.0, 1e3])
def test_rounding_does_not_grow_where_eigenvalues_lie_far_apart(condition):
    torch.manual_seed(0)
    turned = torch.nn.init.orthogonal_(torch.empty(32, 32, dtype=torch.float64))
    matrix = turned @ torch.diag(torch.linspace(1.0, condition, 32).double()) @ turned.T
    exact, rounded = inverse_root(matrix, 30), inverse_root(matrix.float(), 30)
    assert torch.allclose(exact @ matrix @ exact, torch.eye(32).double(), atol=1e-6)
    assert torch.allclose(exact.float(), rounded, atol=1e-3)


@pytest.mark.parametrize("kind", ["batch", "whitening"])
def test_the_statistics_belong_to_the_masks_part_and_survive_freezing(kind):
    net = build_model(options(masks="top", cell_norm=kind))
    net.train()
    for _ in range(3):
        net(torch.randn(4, 3, 64, 64))
    net.eval()
    assert any(key.startswith("cell_norm") for key in net.parts()["masks"])
    image = torch.randn(1, 3, 64, 64)
    frozen = freeze(net, image, "float32")
    with torch.no_grad():
        assert torch.allclose(frozen.run(image).logits, net(image).logits, atol=1e-3)
