import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dprotonet.errors import ReadableError
from dprotonet.prototypes.activation_stats import activation_statistics
from dprotonet.prototypes.feature_pass import PrototypeBatch
from dprotonet.prototypes.update import update_prototypes
from tests.dprotonet.prototypes.samples import COUNT, LABELS, batches, make_model, vectors_of

KINDS = ("top_m_mean", "weighted", "kmeans", "mixture", "nearest")


@given(
    order=st.permutations(range(COUNT)),
    sizes=st.lists(st.integers(1, COUNT), min_size=1, max_size=4),
    kind=st.sampled_from(KINDS),
    m=st.integers(1, 8),
)
@settings(max_examples=15, deadline=None)
def test_the_same_images_give_the_same_bits_in_any_order_and_batches(
    model, images, order, sizes, kind, m
):
    plain = update_prototypes(model, batches(images, range(COUNT), [COUNT]), kind=kind, m=m)
    mixed = update_prototypes(model, batches(images, order, sizes), kind=kind, m=m)
    assert torch.equal(mixed.prototypes, plain.prototypes)
    assert mixed.sources == plain.sources


def test_more_images_in_a_pass_change_no_more_than_rounding(model, images):
    one = update_prototypes(model, batches(images, range(COUNT), [3]))
    many = update_prototypes(model, batches(images, range(COUNT), [3]), images_per_pass=4)
    assert torch.allclose(one.prototypes, many.prototypes, atol=1e-4)


@pytest.mark.parametrize("similarity", ["cosine", "log"])
def test_the_mean_is_that_of_the_m_nearest_same_class_vectors(images, similarity):
    model = make_model(similarity=similarity)
    update = update_prototypes(model, batches(images, range(COUNT), [5]), m=3)
    vectors = vectors_of(model, images)
    if similarity == "cosine":
        vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    present = model.prototypes.detach().double().numpy()
    for p, k in enumerate(model.options.prototype_classes):
        rows = [row for row in range(COUNT) if LABELS[row] == k]
        if similarity == "cosine":
            near = sorted(rows, key=lambda row: (-(vectors[row, p] @ present[p]), row))[:3]
        else:
            near = sorted(rows, key=lambda r: (((vectors[r, p] - present[p]) ** 2).sum(), r))[:3]
        mean = vectors[near, p].mean(axis=0)
        if similarity == "cosine":
            mean /= np.linalg.norm(mean)
        assert [s.sample_id for s in update.sources[p]] == [f"sample-{row:02d}" for row in near]
        np.testing.assert_allclose(update.prototypes[p].numpy(), mean, atol=1e-5)


def test_sources_carry_id_hash_weight_and_the_similarity_to_the_finished_prototype(model, images):
    update = update_prototypes(model, batches(images, range(COUNT), [5]), kind="weighted", m=4)
    vectors = vectors_of(model, images)
    for p, sources in enumerate(update.sources):
        assert sum(source.weight for source in sources) == pytest.approx(1.0)
        weights = [source.weight for source in sources]
        assert weights == sorted(weights, reverse=True) and weights[0] > weights[-1]
        for source in sources:
            row = int(source.sample_id.removeprefix("sample-"))
            assert source.image_sha256 == f"{row:064x}"
            assert LABELS[row] == model.options.prototype_classes[p]
            vector = vectors[row, p] / np.linalg.norm(vectors[row, p])
            assert source.similarity == pytest.approx(vector @ update.prototypes[p].numpy())


def test_the_nearest_kind_becomes_one_images_vector(model, images):
    update = update_prototypes(model, batches(images, range(COUNT), [5]), kind="nearest", m=7)
    vectors = vectors_of(model, images)
    for p, sources in enumerate(update.sources):
        assert len(sources) == 1 and sources[0].weight == 1.0
        vector = vectors[int(sources[0].sample_id.removeprefix("sample-")), p]
        expected = vector / np.linalg.norm(vector)
        np.testing.assert_allclose(update.prototypes[p].numpy(), expected, atol=1e-6)


def test_of_two_equal_images_the_first_name_is_taken(model, images):
    twins = images[[2, 6]]
    for ids in (["b", "a"], ["a", "b"]):
        batch = PrototypeBatch(twins, torch.tensor([0, 0]), ids, ["0" * 64] * 2)
        other = PrototypeBatch(images[1:2], torch.tensor([1]), ["c"], ["1" * 64])
        update = update_prototypes(model, [batch, other], kind="nearest")
        assert [s.sample_id for s in update.sources[0]] == ["a"]


def test_kmeans_shares_every_image_of_a_class_out_among_its_prototypes(model, images):
    update = update_prototypes(model, batches(images, range(COUNT), [5]), kind="kmeans")
    for k in (0, 1):
        owners = [p for p, owner in enumerate(model.options.prototype_classes) if owner == k]
        shared = {s.sample_id for p in owners for s in update.sources[p]}
        assert shared == {f"sample-{row:02d}" for row in range(COUNT) if LABELS[row] == k}
        assert all(update.sources[p] for p in owners)


def test_an_update_leaves_the_model_as_it_was(model, images):
    model.train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    update = update_prototypes(model, batches(images, range(COUNT), [5]))
    assert model.training and model.backbone.training
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert not torch.equal(update.prototypes, model.prototypes)
    assert not torch.is_inference(update.prototypes)
    model.eval()


def test_an_applied_update_brings_the_prototypes_closer_to_their_class(images):
    model = make_model()
    before = activation_statistics(model, batches(images, range(COUNT), [5]))
    update_prototypes(model, batches(images, range(COUNT), [5])).apply_to(model)
    after = activation_statistics(model, batches(images, range(COUNT), [5]))
    for old, new in zip(before.prototypes, after.prototypes, strict=True):
        assert new.mean > old.mean
    assert after.closest_similarity_floor > before.closest_similarity_floor


def test_memory_of_a_top_m_update_does_not_grow_with_the_images(model, images, monkeypatch):
    import dprotonet.prototypes.feature_pass
    import dprotonet.prototypes.update

    monkeypatch.setattr(dprotonet.prototypes.feature_pass, "_BLOCK_IMAGES", 2)
    widths = []
    best = dprotonet.prototypes.update._best
    monkeypatch.setattr(
        dprotonet.prototypes.update,
        "_best",
        lambda candidates, m: widths.append(candidates.vectors.shape[1]) or best(candidates, m),
    )
    update_prototypes(model, batches(images, range(COUNT), [7]), m=3)
    assert len(widths) == COUNT // 2 and max(widths) == 3 + 2


def test_a_class_without_images_is_named(model, images):
    only_findings = batches(images, [row for row in range(COUNT) if LABELS[row] == 1], [4])
    with pytest.raises(ReadableError, match="class 'none'"):
        update_prototypes(model, list(only_findings))
    only_findings = batches(images, [row for row in range(COUNT) if LABELS[row] == 1], [4])
    with pytest.raises(ReadableError, match="class 'none'"):
        update_prototypes(model, only_findings, kind="kmeans")
