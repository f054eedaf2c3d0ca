"""CPC-R's order of attributes by hill climbing on validation. Inferred: the climber is ours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dprotonet.attributes.encodings.encoding import Encoding

STEPS = 40  # swaps that are tried
Rows = tuple[np.ndarray, np.ndarray]
"""``(N, A)`` units and ``(N,)`` class indices."""


def climbed_order(
    start: tuple[int, ...],
    encoding_of: Callable[[tuple[int, ...]], Encoding],
    train: Rows,
    validation: Rows,
    *,
    seed: int,
    steps: int = STEPS,
) -> tuple[int, ...]:
    """An order whose images tell the classes apart better, found by swapping two attributes.

    A swap is kept where a logistic regression on the images' pixels, at a quarter of their side,
    has a lower log-loss on the validation rows. It stands for the network, which takes too long to
    be trained at each step.

    Args:
        start: the order to begin with.
        encoding_of: the encoding of an order.
        seed: of the swaps.
        steps: how many are tried.
    """
    chance: Generator = np.random.default_rng(seed)
    best, lowest = start, _loss(encoding_of(start), train, validation)
    for _ in range(steps if len(start) > 1 else 0):
        one, other = chance.choice(len(best), 2, replace=False)
        tried = list(best)
        tried[one], tried[other] = tried[other], tried[one]
        loss = _loss(encoding_of(tuple(tried)), train, validation)
        if loss < lowest:
            best, lowest = tuple(tried), loss
    return best


def _loss(encoding: Encoding, train: Rows, validation: Rows) -> float:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    classes = np.unique(train[1])
    model = LogisticRegression(C=0.1, max_iter=200).fit(_small(encoding, train[0]), train[1])
    known = np.isin(validation[1], classes)
    if not known.any():
        return float("inf")
    scores = model.predict_proba(_small(encoding, validation[0][known]))
    return float(log_loss(validation[1][known], scores, labels=classes))


def _small(encoding: Encoding, units: np.ndarray) -> np.ndarray:
    """``(N, 3 · S/4 · S/4)`` means of four by four pixels, in [0, 1]."""
    side = encoding.size // 4
    images = np.stack([encoding.pixels(row) for row in units.tolist()])
    blocks = images.reshape(len(images), side, 4, side, 4, 3).mean(axis=(2, 4)) / 255
    return np.asarray(blocks.reshape(len(images), -1))
