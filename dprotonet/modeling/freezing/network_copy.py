"""Copies of a network, whatever it is made of.

The caller's network stays as it is: its weights, its mode, its gradients and its hooks. The copy is
in eval mode, needs no gradient for its weights and computes in float32; of a network that casts its
input itself, the images and the logits are cast instead. A network that cannot be copied is run as
it is, and gets its mode back after every pass.
"""

import contextlib
import copy
import logging
from collections.abc import Callable, Iterator
from types import FunctionType, MethodType, ModuleType

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from dprotonet.errors import Unexplainable
from dprotonet.modeling.logits import logits_of

log = logging.getLogger(__name__)
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class Borrowed(nn.Module):
    """A network that could not be copied: the caller's own, in eval mode while it runs."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self._held = (network,)  # in a tuple, so that `.eval()` and `.to()` do not reach it

    def __deepcopy__(self, _memo: dict[int, object]) -> "Borrowed":
        return self

    def forward(self, x: Tensor) -> object:
        """What the network gives for ``(N, 3, S, S)``."""
        (network,) = self._held
        modes = [(m, m.training) for m in network.modules() if hasattr(m, "training")]
        try:
            _to_eval(network)
            return network(x)
        finally:
            for module, mode in modes:
                module.training = mode


def unwrapped(model: nn.Module) -> nn.Module:
    """The network itself behind ``DataParallel`` and ``torch.compile``.

    Raises:
        TypeError: it is no module.
        Unexplainable: its layers have no size yet.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(
            f"A network is a torch.nn.Module, not {type(model).__name__}. "
            "Wrap it in one whose forward returns the logits."
        )
    parallel = (nn.DataParallel, nn.parallel.DistributedDataParallel)
    while True:
        if isinstance(model, parallel):
            model = model.module
        elif isinstance(getattr(model, "_orig_mod", None), nn.Module):
            model = model._orig_mod  # type: ignore[assignment]
        else:
            break
    if any(is_lazy(tensor) for tensor in _tensors(model)):
        raise Unexplainable(
            "Some layers of this network have no size yet. Run it on one image, then explain it."
        )
    return model


def device_of(model: nn.Module, otherwise: torch.device) -> torch.device:
    """Where the network's weights lie; ``otherwise`` for a network without any."""
    return next((tensor.device for tensor in _tensors(model)), otherwise)


def own_copy(model: nn.Module, example: Tensor) -> nn.Module:
    """A copy of an :func:`unwrapped` network that gives logits for ``example`` ``(1, 3, S, S)``.

    Raises:
        Unexplainable: it fails on the image, or gives no logits.
    """
    with torch.no_grad():
        if _kinds(model) <= {torch.float32}:
            network, failure = _tried(lambda: _copied(model), example)
        else:
            network, failure = _tried(lambda: _single(_copied(model)), example)
            if network is None:
                network, failure = _tried(lambda: _casting(_copied(model), model), example)
        if network is None:
            raise failure or Unexplainable("This network cannot be run.")
        _drop_hooks(network, example)
    return network


def sharing_copy(network: nn.Module) -> nn.Module:
    """Another network around the same weights: its modules can be replaced, its weights converted,
    and the first one stays as it is. Neither may write into a weight."""
    memo: dict[int, object] = {
        id(parameter): nn.Parameter(parameter.detach(), requires_grad=False)
        for parameter in network.parameters()
    }
    memo |= {id(buffer): buffer.detach() for buffer in network.buffers()}
    return copy.deepcopy(network, memo)


def _tried(
    make: Callable[[], nn.Module], example: Tensor
) -> tuple[nn.Module | None, Unexplainable | None]:
    """A network that gives logits, or why it gives none."""
    try:
        network = make()
        rows = len(logits_of(network(example.clone())))
        if rows != 1:
            raise Unexplainable(
                f"The network gives {rows} rows of logits for 1 image. "
                "Wrap it in a module whose forward returns one row for each image."
            )
    except Unexplainable as error:
        return None, error
    except Exception as error:  # whatever a stranger's network may raise
        failure = Unexplainable(
            f"The network fails on an image of shape {tuple(example.shape[1:])}. "
            "Check that model(x[None]) works, and that the image has the size that it was made for."
        )
        failure.__cause__ = error
        return None, failure
    return network, None


def _copied(model: nn.Module) -> nn.Module:
    if any(isinstance(vars(module).get("forward"), FunctionType) for module in model.modules()):
        return Borrowed(model)  # a forward put on from outside may run the caller's own layers
    try:
        network = copy.deepcopy(model, _without_graphs(model))
    except Exception as error:  # it may hold anything: a lock, a file, another library's object
        log.info("%s cannot be copied and is run as it is: %s", type(model).__name__, error)
        return Borrowed(model)
    _to_eval(network)
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    for module in network.modules():  # in-place activations cost a copy where autograd looks on
        if isinstance(module, torch.jit.ScriptModule):
            continue
        if isinstance(getattr(module, "inplace", None), bool):
            module.inplace = False  # type: ignore[assignment]
    return network


def _to_eval(network: nn.Module) -> None:
    with contextlib.suppress(NotImplementedError):  # an exported network has one mode only
        network.eval()


def _single(network: nn.Module) -> nn.Module:
    return network if isinstance(network, Borrowed) else network.float()


def _casting(network: nn.Module, model: nn.Module) -> nn.Module:
    """The network in its own precision; images are cast on the way in, logits on the way out."""
    own = next(t.dtype for t in _tensors(model) if t.is_floating_point())
    return Casting(network, own)


class Casting(nn.Module):
    """A network that computes in another precision than float32."""

    def __init__(self, network: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.network, self.dtype = network, dtype

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(N, K)`` float32 of ``(N, 3, S, S)`` float32."""
        return logits_of(self.network(x.to(self.dtype))).float()


def _drop_hooks(network: nn.Module, example: Tensor) -> None:
    """Take the caller's hooks off the copy, where they only look on."""
    saved = [
        (hooks, dict(hooks))
        for module in network.modules()
        if not isinstance(module, torch.jit.ScriptModule)
        for hooks in (getattr(module, name) for name in _HOOKS)
        if hooks
    ]
    if not saved:
        return
    expected = logits_of(network(example.clone()))
    for hooks, _ in saved:
        hooks.clear()
    try:
        same = torch.allclose(logits_of(network(example.clone())), expected, atol=1e-5, rtol=1e-5)
    except Exception:  # the network needs them
        same = False
    if not same:
        for hooks, before in saved:
            hooks.update(before)


def _without_graphs(model: nn.Module) -> dict[int, Tensor]:
    """By id, without their graphs, the tensors that have one, since no copy is made of those.

    Old weight norms, hooks and forwards leave such tensors in a module.
    """
    loose: dict[int, Tensor] = {}
    seen: set[int] = set()
    waiting: list[object] = [vars(module) for module in model.modules()]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Tensor):
            if not value.is_leaf:
                loose[id(value)] = value.detach().clone()
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list | tuple | set):
            waiting.extend(value)
        elif isinstance(value, MethodType):
            waiting.append(value.__self__)
        elif not isinstance(value, type | ModuleType | FunctionType):
            waiting.append(getattr(value, "__dict__", None))
    return loose


def _tensors(model: nn.Module) -> Iterator[Tensor]:
    yield from model.parameters()
    yield from model.buffers()


def _kinds(model: nn.Module) -> set[torch.dtype]:
    return {tensor.dtype for tensor in _tensors(model) if tensor.is_floating_point()}
