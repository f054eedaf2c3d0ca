import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dprotonet.prototypes.activation_stats import activation_statistics
from tests.dprotonet.prototypes.samples import COUNT, LABELS, batches, make_model


@given(order=st.permutations(range(COUNT)), size=st.integers(1, COUNT))
@settings(max_examples=5, deadline=None)
def test_statistics_do_not_depend_on_order_or_batches(model, images, order, size):
    plain = activation_statistics(model, batches(images, range(COUNT), [COUNT]))
    assert activation_statistics(model, batches(images, order, [size])) == plain


def test_statistics_count_what_each_prototype_does(model, images):
    result = activation_statistics(model, batches(images, range(COUNT), [5]))
    with torch.no_grad():
        similarities = torch.cat([model(image[None]).similarities for image in images]).double()
    assert result.images == COUNT
    own = LABELS[:, None] == model.prototype_class
    closest = similarities.masked_fill(~own, -torch.inf).amax(dim=1)
    floor = np.percentile(closest.numpy(), 1)
    assert result.closest_similarity_floor == pytest.approx(floor, abs=1e-6)
    for p, record in enumerate(result.prototypes):
        column = similarities[:, p].numpy()
        assert record.mean == pytest.approx(column[own[:, p].numpy()].mean(), abs=1e-6)
        assert record.mean_others == pytest.approx(column[~own[:, p].numpy()].mean(), abs=1e-6)
        assert record.percentiles["50"] == pytest.approx(np.median(column), abs=1e-6)
    for k in (0, 1):
        owners = [p for p, c in enumerate(model.options.prototype_classes) if c == k]
        assert sum(result.prototypes[p].closest_share for p in owners) == pytest.approx(1.0)


def test_duplicate_and_dead_prototypes_are_marked(images):
    model = make_model(masks="learned")
    with torch.no_grad():
        model.masks.weight[3] = model.masks.weight[2]
        model.prototypes[3] = model.prototypes[2]
    result = activation_statistics(model, batches(images, range(COUNT), [5])).prototypes
    assert result[2].duplicates == ("p03",) and result[3].duplicates == ("p02",)
    assert result[4].duplicates == ()
    with torch.no_grad():
        for layer in (model.add_on[2],):
            layer.weight.zero_()
            layer.bias.fill_(1.0)
    dull = activation_statistics(model, batches(images, range(COUNT), [5])).prototypes
    assert all(record.dead for record in dull)
    assert not any(record.dead for record in result)
