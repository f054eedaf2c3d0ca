import pytest
import torch

from dprotonet.modeling.usage_loss import usage_loss

OWNER = torch.tensor([0, 0, 1, 1])
LABELS = torch.tensor([0, 0, 1, 1])
# Both images of class 0 go to its first prototype; class 1 divides its images.
UNEVEN = torch.tensor(
    [[0.9, 0.0, 0.9, 0.9], [0.8, 0.0, 0.9, 0.9], [0.9, 0.9, 0.8, 0.1], [0.9, 0.9, 0.1, 0.8]]
)


def test_none_costs_nothing():
    assert float(usage_loss(UNEVEN, LABELS, OWNER, "none")) == 0.0


def test_tanh_is_that_of_pip_net_where_every_prototype_has_an_image():
    even = UNEVEN.clone()
    even[1] = torch.tensor([0.0, 0.8, 0.0, 0.0])
    sums = torch.tensor([0.9, 0.8, 0.9, 0.9])
    expected = -sums.tanh().log().mean()
    assert float(usage_loss(even, LABELS, OWNER, "tanh")) == pytest.approx(float(expected))


@pytest.mark.parametrize("kind", ["tanh", "entropy"])
def test_an_unused_prototype_costs_more_than_one_with_an_image_of_its_own(kind):
    even = UNEVEN.clone()
    even[1, :2] = torch.tensor([0.0, 0.8])
    assert usage_loss(UNEVEN, LABELS, OWNER, kind) > 1.5 * usage_loss(even, LABELS, OWNER, kind)


@pytest.mark.parametrize("kind", ["tanh", "entropy"])
def test_images_of_other_classes_do_not_count(kind):
    other = UNEVEN.clone()
    other[2:, :2] = -0.5
    assert usage_loss(other, LABELS, OWNER, kind) == usage_loss(UNEVEN, LABELS, OWNER, kind)


@pytest.mark.parametrize("kind", ["tanh", "entropy"])
def test_a_prototype_that_nothing_resembles_is_drawn_to_an_image_of_its_class(kind):
    similarities = UNEVEN.clone()
    similarities[:2, 1] = torch.tensor([-0.9, -0.2])
    similarities.requires_grad_(True)
    usage_loss(similarities, LABELS, OWNER, kind).backward()
    assert similarities.grad is not None
    assert similarities.grad[1, 1] < 0  # a step down the gradient raises that similarity
    assert similarities.grad.isfinite().all() and similarities.grad.abs().max() <= 20.0
    assert (similarities.grad[2:, :2] == 0).all()


def test_entropy_is_zero_when_a_class_divides_its_images_evenly_and_one_when_it_does_not():
    even = torch.tensor([[9.0, 0.0], [0.0, 9.0]])
    labels, owner = torch.tensor([0, 0]), torch.tensor([0, 0])
    assert float(usage_loss(even, labels, owner, "entropy")) == pytest.approx(0.0, abs=1e-6)
    alone = torch.tensor([[9.0, 0.0], [9.0, 0.0]])
    assert float(usage_loss(alone, labels, owner, "entropy")) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("kind", ["tanh", "entropy"])
def test_several_labels_and_classes_without_an_image_are_allowed(kind):
    labels = torch.tensor([[True, True], [False, True], [False, False]])
    similarities = torch.rand(3, 4, generator=torch.Generator().manual_seed(0))
    assert usage_loss(similarities, labels, OWNER, kind).isfinite()
    nothing = torch.zeros(3, 2, dtype=torch.bool)
    assert float(usage_loss(similarities, nothing, OWNER, kind)) == 0.0
