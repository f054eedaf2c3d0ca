import numpy as np

from dprotonet.attributes.encodings.cpcr import CpcR
from training.datasets.tabular.climbing import _loss, climbed_order


def test_climbing_ends_no_lower_than_it_began_and_is_the_same_every_time():
    chance = np.random.default_rng(0)
    units, labels = chance.random((60, 4)), np.arange(60) % 2
    units[:, 2] = (units[:, 0] + labels) / 2
    train, validation = (units[:40], labels[:40]), (units[40:], labels[40:])
    of = lambda order: CpcR(order, 32, 8)  # noqa: E731
    start = (0, 1, 2, 3)
    found = [climbed_order(start, of, train, validation, seed=1, steps=6) for _ in range(2)]
    assert found[0] == found[1]
    assert sorted(found[0]) == [0, 1, 2, 3]
    assert _loss(of(found[0]), train, validation) <= _loss(of(start), train, validation)
