import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dprotonet.errors import WrongRequest
from dprotonet.modeling.encoder_masks import cell_cosines
from dprotonet.modeling.model import build_model, prototype_similarity
from dprotonet.modeling.options import PARTS
from tests.dprotonet.modeling.networks import options
from tests.dprotonet.tiny_bundle import tiny_model


@pytest.fixture(scope="module")
def model():
    return tiny_model(options())


LIMITS = {"cosine": (-1.0, 1.0), "half_cosine": (0.0, 1.0), "log": (0.0, 9.2105)}


@pytest.mark.parametrize("similarity", LIMITS)
@pytest.mark.parametrize("masks", ["image", "learned", "random", "patch"])
def test_every_kind_of_mask_and_similarity_gives_the_shapes_it_promises(masks, similarity, images):
    net = tiny_model(options(masks=masks, similarity=similarity))
    result = net(images)
    assert result.logits.shape == (6, 3)
    assert result.similarities.shape == (6, 6)
    assert result.vectors.shape == (6, 6, 8)
    assert result.masks.shape == (6, 6, 2, 2)
    assert (result.masks >= 0).all()
    limits = LIMITS[similarity]
    assert result.similarities.min() >= limits[0] and result.similarities.max() <= limits[1]


@pytest.mark.parametrize("similarity", LIMITS)
def test_a_patch_prototype_is_as_similar_as_its_most_similar_cell(similarity, images):
    net = tiny_model(options(masks="patch", similarity=similarity)).eval()
    with torch.no_grad():
        result = net(images)
        cells = net.add_on(net.backbone(images)).flatten(2).transpose(1, 2)
        each = [net.similarity(cell[:, None].expand(-1, 6, -1)) for cell in cells.unbind(dim=1)]
    assert torch.allclose(result.similarities, torch.stack(each).amax(dim=0), atol=1e-5)
    assert torch.equal(result.masks.sum(dim=(2, 3)), torch.ones(6, 6))


@pytest.mark.parametrize("masks", ["image", "learned", "random", "patch"])
def test_gradients_reach_every_parameter(masks, images):
    net = tiny_model(options(masks=masks)).train()
    net(images).logits.square().sum().backward()
    without = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []


@given(scale=st.floats(0.1, 30), seed=st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_contributions_sum_to_the_logits_exactly(model, images, scale, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        model.log_scale.fill_(scale).log_()
        model.head.weight.normal_()
        result = model(images)
        shares = model.contributions(result.similarities)
    assert shares.shape == (6, 3, 6)
    assert torch.equal(shares.sum(dim=-1), result.logits)
    by_matrix = scale * result.similarities @ model.head.weight.T
    assert torch.allclose(result.logits, by_matrix, rtol=1e-4, atol=1e-4 * scale)


def test_a_new_head_speaks_for_its_own_class_and_half_against_every_other():
    weight = build_model(options()).head.weight
    assert weight.tolist() == [
        [1.0, -0.5, -0.5, -0.5, -0.5, -0.5],
        [-0.5, 1.0, 1.0, 1.0, -0.5, -0.5],
        [-0.5, -0.5, -0.5, -0.5, 1.0, 1.0],
    ]


def test_the_same_options_give_the_same_network_and_leave_the_global_seed_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first, second = build_model(options()), build_model(options())
    assert torch.equal(torch.rand(1), expected)
    assert first.part_digests() == second.part_digests()
    assert build_model(options(seed=1)).part_digests() != first.part_digests()


def test_parts_hold_every_tensor_of_the_state_once(model):
    parts = model.parts()
    assert tuple(parts) == PARTS
    keys = [key for tensors in parts.values() for key in tensors]
    assert sorted(keys) == sorted(model.state_dict())
    assert set(parts["prototypes"]) == {"prototypes", "prototype_class"}


def test_a_digest_changes_with_its_own_part_alone():
    net = build_model(options())
    before = net.part_digests()
    with torch.no_grad():
        net.add_on[0].weight[0, 0] += 1e-6
    after = net.part_digests()
    assert [part for part in PARTS if before[part] != after[part]] == ["masks"]


def test_training_only_the_head_freezes_all_else():
    net = build_model(options(learn_similarity_scale=False))
    net.train_only(["head"])
    assert [name for name, p in net.named_parameters() if p.requires_grad] == ["head.weight"]
    net.train_only(PARTS)
    free = {name for name, p in net.named_parameters() if p.requires_grad}
    assert free == {name for name, _ in net.named_parameters()} - {"log_scale"}


def test_similarity_is_greatest_at_the_prototype_itself():
    prototypes = torch.randn(5, 8)
    vectors = torch.stack([prototypes, prototypes + 1.0, -prototypes])
    for kind in ("cosine", "log"):
        result = prototype_similarity(vectors, prototypes, kind)
        assert (result[0] > result[1]).all() and (result[1] > result[2]).all()
    cosine = prototype_similarity(vectors, prototypes)
    assert torch.allclose(cosine[0], torch.ones(5)) and torch.allclose(cosine[2], -torch.ones(5))


def test_vectors_of_another_depth_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        prototype_similarity(torch.zeros(1, 5, 7), torch.zeros(5, 8))


def test_an_unknown_backbone_is_refused():
    with pytest.raises(WrongRequest):
        build_model(options(backbone="mobilenet_v9"))


def test_cell_cosines_are_the_similarities_of_every_cell_by_itself():
    net = build_model(options(masks="patch", stride=16)).eval()
    images = torch.randn(2, 3, 64, 96)
    with torch.no_grad():
        cells = cell_cosines(net.cells(net.backbone(images)), net.prototypes)
        whole = net(images)
    assert cells.shape == (2, 6, 4, 6)
    assert torch.allclose(cells.flatten(2).amax(dim=2), whole.similarities, atol=1e-5)
