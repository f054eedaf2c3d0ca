"""One image under masks."""

import pytest
import torch

from dprotonet.errors import Cancelled, Unexplainable
from dprotonet.explain.masking.probe import Probe, ProbeOptions, check_gradients
from dprotonet.explain.masking.progress import Work
from dprotonet.explain.nodes import ClassNode
from dprotonet.explain.settings import MDMSettings
from dprotonet.modeling.freezing.frozen import freeze
from tests.dprotonet.explain.toys import SIZE, PatchClassifier, opened, toy_image

NODES = [ClassNode(0), ClassNode(1)]
IMAGE = toy_image(squares=(6, 22))
FULL, EMPTY = torch.ones(1, SIZE, SIZE), torch.zeros(1, SIZE, SIZE)


def probe(**options) -> Probe:
    return opened(IMAGE, NODES, MDMSettings(precision="float32", **options))


def test_a_full_mask_is_the_image_and_an_empty_one_its_fill():
    own = probe()
    torch.testing.assert_close(own.masked(FULL)[0], IMAGE)
    torch.testing.assert_close(own.masked(EMPTY)[0], own.fill)
    torch.testing.assert_close(own.values(FULL)[0], own.before)
    torch.testing.assert_close(own.values(EMPTY)[0], own.filled)
    assert (own.span > 0).all()


def test_every_mask_has_the_fill_that_is_asked_for():
    own = probe(fills=("mean", "zero"))
    assert own.fill_name == "mean" and own.fills.shape == (2, 3, SIZE, SIZE)
    displayed = own.masked(EMPTY.expand(2, -1, -1), torch.tensor([1, 0]))
    torch.testing.assert_close(displayed, own.fills[[1, 0]])


def test_values_come_batch_by_batch_and_each_image_is_counted():
    own = probe(batch=3)
    before = own.work.forward_passes
    masks = torch.rand(7, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    values = own.values(masks)
    assert values.shape == (7, 2) and own.work.forward_passes == before + 7
    torch.testing.assert_close(values, torch.cat([own.read(own.masked(m[None])) for m in masks]))
    torch.testing.assert_close(values.sum(dim=1), torch.ones(7))  # probabilities of two classes


def test_traced_values_have_a_gradient_to_the_masks():
    masks = FULL.clone().requires_grad_(True)
    probe().traced(masks)[0, 1].backward()
    assert masks.grad is not None and masks.grad.abs().max() > 0


def test_other_fills_and_another_scale_share_image_and_work():
    own = probe()
    other = own.under(("zero",), "logit")
    assert other.work is own.work and other.fill_name == "zero" and own.fill_name == "blur"
    assert not other.fill.any() and own.fill.any()
    with torch.no_grad():
        torch.testing.assert_close(other.before, PatchClassifier()(IMAGE[None])[0])


def test_a_cancelled_probe_makes_no_pass():
    work = Work(cancelled=lambda: True)
    network = freeze(PatchClassifier(), IMAGE[None], "float32")
    with pytest.raises(Cancelled):
        Probe(network, IMAGE, NODES, ProbeOptions(), generator=torch.Generator(), work=work)
    assert work.forward_passes == 0


def test_gradients_that_are_not_numbers_are_refused():
    grid = torch.zeros(2, requires_grad=True)
    check_gradients([grid])
    grid.grad = torch.tensor([0.0, torch.nan])
    with pytest.raises(Unexplainable, match="not finite"):
        check_gradients([grid])
