"""Copies leave the caller's network alone; more of them stand in explain/test_any_network.py."""

import threading

import pytest
import torch
from torch import nn

from dprotonet.errors import Unexplainable
from dprotonet.modeling.freezing.network_copy import (
    Borrowed,
    device_of,
    own_copy,
    sharing_copy,
    unwrapped,
)
from tests.dprotonet.explain.toys import PatchClassifier, toy_image

EXAMPLE = toy_image()[None]


def test_an_own_copy_has_weights_of_its_own_and_is_frozen():
    model = PatchClassifier().train()
    copied = own_copy(model, EXAMPLE)
    assert not copied.training and model.training
    assert not any(p.requires_grad for p in copied.parameters())
    for own, theirs in zip(copied.parameters(), model.parameters(), strict=True):
        assert torch.equal(own, theirs) and own.data_ptr() != theirs.data_ptr()


def test_a_sharing_copy_has_modules_of_its_own_around_the_same_weights():
    network = own_copy(PatchClassifier(), EXAMPLE)
    other = sharing_copy(network)
    for one, two in zip(network.parameters(), other.parameters(), strict=True):
        assert one is not two and one.data_ptr() == two.data_ptr()
    other.half()
    other.features[0] = nn.Identity()
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    assert isinstance(network.features[0], nn.Conv2d)


def test_weights_that_a_network_ties_stay_tied_in_a_sharing_copy():
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    network[1].weight = network[0].weight
    other = sharing_copy(network)
    assert other[1].weight is other[0].weight


def test_a_network_that_cannot_be_copied_is_borrowed_and_gets_its_mode_back():
    model = PatchClassifier().train()
    model.lock = threading.Lock()
    borrowed = own_copy(model, EXAMPLE)
    assert isinstance(borrowed, Borrowed) and model.training
    expected = PatchClassifier().eval()
    expected.load_state_dict(model.state_dict())
    assert torch.equal(borrowed(EXAMPLE), expected(EXAMPLE)) and model.training


def test_wrappers_are_taken_off():
    model = PatchClassifier()
    assert unwrapped(nn.DataParallel(model)) is model
    with pytest.raises(TypeError, match=r"torch\.nn\.Module, not function"):
        unwrapped(lambda x: x)
    with pytest.raises(Unexplainable, match="no size yet"):
        unwrapped(nn.LazyLinear(2))


def test_a_network_without_weights_is_where_the_image_is():
    assert device_of(nn.Flatten(), torch.device("meta")) == torch.device("meta")
    assert device_of(nn.Linear(1, 1), torch.device("meta")) == torch.device("cpu")
