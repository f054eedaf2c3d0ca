"""The folded network in torch: the engine that is always there."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from torch import Tensor

from dprotonet.inference.engines.network_pass import NetworkPass
from dprotonet.modeling.freezing.frozen import FoldedNetwork
from dprotonet.modeling.gate_stage import quarter_means
from dprotonet.modeling.logits import logits_of
from dprotonet.modeling.reader.watching import outputs_watched


class TorchEngine:
    """Passes images through the folded network.

    Args:
        network: the folded network.
        stage: the block of the backbone that the gate reads; None without a gate's distance.
    """

    name = "torch"

    def __init__(self, network: FoldedNetwork, stage: str | None) -> None:
        self._network = network
        self._stage = None if stage is None else f"backbone.{stage}"
        self._lock = threading.Lock()  # of passes that are watched

    def run(self, images: Tensor, watch: Sequence[str] = ()) -> NetworkPass:
        """See :class:`~dprotonet.inference.engines.network_pass.Engine`."""
        names = list(dict.fromkeys([*watch, *([self._stage] if self._stage else [])]))
        if not names:
            return _read(self._network.run(images))
        with self._lock, outputs_watched(self._network.network, names) as seen:
            result = _read(self._network.run(images))
        features = quarter_means(seen[self._stage]) if self._stage else None
        return NetworkPass(
            result.logits,
            result.similarities,
            result.masks,
            features,
            {name: seen[name] for name in watch},
        )


def _read(output: object) -> NetworkPass:
    logits = logits_of(output)
    similarities, masks = (getattr(output, name, None) for name in ("similarities", "masks"))
    if not isinstance(similarities, Tensor) or not isinstance(masks, Tensor):
        return NetworkPass(
            logits, logits.new_zeros(len(logits), 0), logits.new_zeros(len(logits), 0, 1, 1)
        )
    return NetworkPass(logits, similarities, masks)
