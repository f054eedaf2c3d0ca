import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dprotonet.errors import ReadableError
from dprotonet.modeling.model import ModelOptions
from dprotonet.prototypes.activation_stats import activation_statistics
from dprotonet.prototypes.kmeans import class_kmeans
from dprotonet.prototypes.update import PrototypeBatch, update_prototypes
from tests.dprotonet.tiny_bundle import network_input, tiny_images, tiny_model

KINDS = ("top_m_mean", "weighted", "kmeans", "nearest")
COUNT = 14
LABELS = torch.arange(COUNT) % 2


def make_model(**changes):
    chosen = {"prototypes_per_class": (2, 3), "depth": 8, "image_size": 64, **changes}
    return tiny_model(ModelOptions(("none", "finding"), **chosen))


@pytest.fixture(scope="module")
def model():
    return make_model()


@pytest.fixture(scope="module")
def images():
    images = network_input(tiny_images(2, COUNT // 2))
    images[6] = images[2]  # two samples that tie in everything but their names
    return images


def batches(images, order, sizes):
    """The images in this order, in batches of these sizes, the last size again and again."""
    rows, sizes = list(order), list(sizes)
    while rows:
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        chosen, rows = rows[:size], rows[size:]
        yield PrototypeBatch(
            images[chosen],
            LABELS[chosen],
            [f"sample-{row:02d}" for row in chosen],
            [f"{row:064x}" for row in chosen],
        )


def vectors_of(model, images):
    """``(N, P, D)`` by the plainest way: one image after the other."""
    with torch.no_grad():
        return torch.cat([model(image[None]).vectors for image in images]).double().numpy()


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


@given(order=st.permutations(range(COUNT)), size=st.integers(1, COUNT))
@settings(max_examples=5, deadline=None)
def test_statistics_do_not_depend_on_order_or_batches(model, images, order, size):
    plain = activation_statistics(model, batches(images, range(COUNT), [COUNT]))
    assert activation_statistics(model, batches(images, order, [size])) == plain


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


def test_a_moving_mean_depends_on_the_order_and_names_its_latest_images(model, images):
    there = update_prototypes(model, batches(images, range(COUNT), [5]), kind="ema", m=3)
    again = update_prototypes(model, batches(images, range(COUNT), [3]), kind="ema", m=3)
    back = update_prototypes(model, batches(images, reversed(range(COUNT)), [5]), kind="ema", m=3)
    assert torch.equal(there.prototypes, again.prototypes)
    assert not torch.equal(there.prototypes, back.prototypes)
    for p, sources in enumerate(there.sources):
        names = [source.sample_id for source in sources]
        assert len(names) <= 3 and names == sorted(names, reverse=True)
        assert all(int(n[-2:]) % 2 == model.options.prototype_classes[p] for n in names)
        assert not sources or sum(s.weight for s in sources) == pytest.approx(1.0)
    assert any(there.sources)


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


def test_kmeans_finds_groups_that_are_there_and_leaves_no_centre_empty():
    chance = np.random.default_rng(0)
    groups = np.eye(3)[np.arange(30) % 3] + chance.normal(0, 0.02, (30, 3))
    vectors = np.repeat(groups[:, None], 3, axis=1)
    start = np.array([[1.0, 0.1, 0.0], [1.0, 0.0, 0.1], [1.0, 0.1, 0.1]])
    found = class_kmeans(vectors, start, "cosine")
    groups_of = sorted(sorted({row % 3 for row in members}) for members in found.members)
    assert groups_of == [[0], [1], [2]]


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


def test_a_sample_that_comes_twice_is_refused(model, images):
    with pytest.raises(ValueError, match="'sample-03' came twice"):
        update_prototypes(model, batches(images, [*range(COUNT), 3], [4]))


def test_statistics_count_what_each_prototype_does(model, images):
    found = activation_statistics(model, batches(images, range(COUNT), [5]))
    with torch.no_grad():
        similarities = torch.cat([model(image[None]).similarities for image in images]).double()
    assert found.images == COUNT
    own = LABELS[:, None] == model.prototype_class
    closest = similarities.masked_fill(~own, -torch.inf).amax(dim=1)
    floor = np.percentile(closest.numpy(), 1)
    assert found.closest_similarity_floor == pytest.approx(floor, abs=1e-6)
    for p, record in enumerate(found.prototypes):
        column = similarities[:, p].numpy()
        assert record.mean == pytest.approx(column[own[:, p].numpy()].mean(), abs=1e-6)
        assert record.mean_others == pytest.approx(column[~own[:, p].numpy()].mean(), abs=1e-6)
        assert record.percentiles["50"] == pytest.approx(np.median(column), abs=1e-6)
    for k in (0, 1):
        owners = [p for p, c in enumerate(model.options.prototype_classes) if c == k]
        assert sum(found.prototypes[p].closest_share for p in owners) == pytest.approx(1.0)


def test_doubles_and_dead_prototypes_are_told(images):
    model = make_model(masks="learned")
    with torch.no_grad():
        model.masks.weight[3] = model.masks.weight[2]
        model.prototypes[3] = model.prototypes[2]
    found = activation_statistics(model, batches(images, range(COUNT), [5])).prototypes
    assert found[2].duplicates == ("p03",) and found[3].duplicates == ("p02",)
    assert found[4].duplicates == ()
    with torch.no_grad():
        for layer in (model.add_on[2],):
            layer.weight.zero_()
            layer.bias.fill_(1.0)
    dull = activation_statistics(model, batches(images, range(COUNT), [5])).prototypes
    assert all(record.dead for record in dull)
    assert not any(record.dead for record in found)
