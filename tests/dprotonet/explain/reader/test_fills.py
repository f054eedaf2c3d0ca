import pytest
import torch

from dprotonet.explain.reader.fills import drawn_fill
from dprotonet.explain.settings import FILLS

IMAGE = torch.rand(3, 42, 42, generator=torch.Generator().manual_seed(0))
VALID = torch.ones(42, 42, dtype=torch.bool)


def drawn(name, seed, valid=VALID):
    return drawn_fill(name, IMAGE, valid, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", FILLS)
def test_a_fill_hides_the_image_and_leaves_the_padding(name):
    valid = VALID.clone()
    valid[:, :7] = False
    fill = drawn(name, 1, valid)
    assert fill.shape == IMAGE.shape
    assert torch.equal(fill[:, :, :7], IMAGE[:, :, :7])
    assert float((fill - IMAGE)[:, :, 7:].abs().mean()) > 0.05


@pytest.mark.parametrize("name", ["blur", "noise", "tiles"])
def test_strengths_differ_and_follow_the_seed(name):
    assert torch.equal(drawn(name, 1), drawn(name, 1))
    spreads = {round(float(drawn(name, seed).std()), 4) for seed in range(8)}
    assert len(spreads) > 4
