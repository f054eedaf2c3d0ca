"""Reading what modules inside a network give while it runs, without changing it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import Tensor, nn


@contextmanager
def outputs_watched(network: nn.Module, names: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """While it lasts, what the named modules gave in this thread's last pass is in the dict.

    Nothing of the network changes. Other threads may use the network meanwhile: their passes are
    not noted.

    Args:
        network: also a folded, fused or converted copy, whose modules have the same names.
        names: of modules inside it, each called once a pass.

    Raises:
        AttributeError: there is no module of that name.
    """
    outputs: dict[str, Tensor] = {}
    own = threading.get_ident()
    hooks = []
    try:
        for name in names:

            def note(_module: nn.Module, _args: object, out: Tensor, name: str = name) -> None:
                if threading.get_ident() == own:
                    outputs[name] = out

            hooks.append(network.get_submodule(name).register_forward_hook(note))
        yield outputs
    finally:
        for hook in hooks:
            hook.remove()
