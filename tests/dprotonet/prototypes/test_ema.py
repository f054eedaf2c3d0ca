import pytest
import torch

from dprotonet.prototypes.update import update_prototypes
from tests.dprotonet.prototypes.samples import COUNT, batches


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
