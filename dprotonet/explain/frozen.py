"""A frozen copy of a network, made for many passes and kept as long as the caller's network.

The caller's network is never touched. The copy is in eval mode, wants no gradient for its weights,
has its batch norms folded into the convolutions before them and, on the CPU, the activations fused
into those (:mod:`dprotonet.explain.fused`), lies in channels_last memory and,
where the processor has bfloat16 arithmetic, has a second, faster copy for the search of masks.
Values that are shown to a reader come from the exact copy.
"""

import copy
import logging
import threading
import weakref
import zlib
from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from dprotonet.explain.fused import Call, fuse
from dprotonet.explain.settings import PRECISIONS
from dprotonet.explain.values import logits_of

log = logging.getLogger(__name__)

_cache: "weakref.WeakKeyDictionary[nn.Module, tuple[tuple, FrozenNetwork]]" = (
    weakref.WeakKeyDictionary()
)
_lock = threading.RLock()


@dataclass(eq=False)
class FrozenNetwork:
    """The copies, and a count of the images that went through them.

    ``fast`` is ``exact`` itself where the processor gains nothing from bfloat16.
    """

    exact: nn.Module
    fast: nn.Module
    precision: str
    spatial: str  # the module whose output is the last (N, C, h, w) of the network; "" for none
    graph_bytes: int  # what the graph of one image keeps for the way back, in the fast copy

    def run(self, images: Tensor, *, exact: bool = False) -> object:
        """What the network gives for ``(N, 3, S, S)``."""
        network = self.exact if exact else self.fast
        return network(images.contiguous(memory_format=torch.channels_last))

    def fitting(self, most: int, memory_mb: int) -> int:
        """How many images one graph may hold: ``most``, or what fits in the memory, at least 2."""
        return max(2, min(most, memory_mb * 2**20 // max(self.graph_bytes, 1)))


def freeze(model: nn.Module, example: Tensor, precision: str = "auto") -> FrozenNetwork:
    """The frozen copy of a network: made once, then found again until its weights change.

    Args:
        model: any network that gives logits; left as it is.
        example: one image ``(1, 3, S, S)``, with which the folding is checked.
        precision: one of :data:`PRECISIONS`; ``auto`` takes bfloat16 where the processor has it.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision is one of {', '.join(PRECISIONS)}, not {precision!r}.")
    stamp = (_stamp(model), tuple(example.shape[1:]), precision)
    with _lock:
        kept = _cache.get(model)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        frozen = _make(model, example, precision)
        _cache[model] = (stamp, frozen)
        return frozen


def _stamp(model: nn.Module) -> tuple:
    """Changes when a weight does, however it was changed (autograd knows nothing of `.data`)."""
    marks = []
    for tensor in [*model.parameters(), *model.buffers()]:
        tensor = tensor.detach()
        if tensor.device.type == "cpu" and tensor.dtype != torch.bfloat16:
            mark: float = zlib.crc32(tensor.contiguous().numpy().tobytes())
        else:
            mark = float(tensor.double().sum())
        marks.append((str(tensor.device), tuple(tensor.shape), mark))
    return tuple(marks)


def _make(model: nn.Module, example: Tensor, precision: str) -> FrozenNetwork:
    exact = copy.deepcopy(model).eval()
    for parameter in exact.parameters():
        parameter.requires_grad_(False)
    for module in exact.modules():  # in-place activations cost a copy where autograd looks on
        if isinstance(getattr(module, "inplace", None), bool):
            module.inplace = False  # type: ignore[assignment]
    example = example.detach().float()
    with torch.no_grad():
        calls = _calls(exact, example)
        wanted = logits_of(exact(example))
        folded = _folded(exact, calls)
        if folded is not None and _close(logits_of(folded(example)), wanted, 1e-3):
            exact = folded
        exact = exact.to(memory_format=torch.channels_last)
        exact = _fused(exact, example, wanted)
        spatial = _last_spatial(exact, calls)
        fast = exact
        if precision == "bfloat16" or (precision == "auto" and _has_bfloat16(example.device)):
            fast = _bfloat16(exact, example, wanted) or exact
    used = "float32" if fast is exact else "bfloat16"
    log.debug("frozen %s: folded=%s, %s", type(model).__name__, folded is not None, used)
    return FrozenNetwork(exact, fast, used, spatial, _graph_bytes(fast, example))


def _graph_bytes(network: nn.Module, example: Tensor) -> int:
    """Bytes of all that autograd keeps of one image's pass, weights apart."""
    weights = {tensor.data_ptr() for tensor in [*network.parameters(), *network.buffers()]}
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        if tensor.data_ptr() not in weights:
            kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    image = example.clone().requires_grad_(True)
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, lambda kept: kept):
        output = network(image.contiguous(memory_format=torch.channels_last))
    del output
    return sum(kept.values())


def _fused(network: nn.Module, example: Tensor, wanted: Tensor) -> nn.Module:
    """The network with its activations fused into its convolutions, or as it is where that would
    change what it says."""
    found = copy.deepcopy(network)
    try:
        done = fuse(found, _calls(found, example)) and _close(
            logits_of(found(example)), wanted, 1e-3
        )
    except (AttributeError, RuntimeError) as error:  # another torch may have another kernel
        log.debug("nothing is fused: %s", error)
        done = False
    return found if done else network


def _calls(network: nn.Module, example: Tensor) -> list[Call]:
    """Every leaf module's call in the order of one pass: (name, input, output)."""
    calls: list[Call] = []
    hooks = []
    for name, module in network.named_modules():
        if next(module.children(), None) is None:

            def note(_m: nn.Module, args: tuple, out: object, name: str = name) -> None:
                calls.append((name, args[0] if args else None, out))

            hooks.append(module.register_forward_hook(note))
    try:
        network(example)
    finally:
        for hook in hooks:
            hook.remove()
    return calls


def _folded(network: nn.Module, calls: list[Call]) -> nn.Module | None:
    """A copy whose batch norms are folded into the convolution that feeds them, and them alone."""
    once = {name for name, count in Counter(name for name, _, _ in calls).items() if count == 1}
    readers: dict[int, list[str]] = {}
    for name, given, _ in calls:
        readers.setdefault(id(given), []).append(name)
    made = {id(out): name for name, _, out in calls}
    pairs = []
    for name, given, _ in calls:
        source = made.get(id(given), "")
        if (
            isinstance(network.get_submodule(name), nn.BatchNorm2d)
            and source
            and isinstance(network.get_submodule(source), nn.Conv2d)
            and {name, source} <= once
            and readers[id(given)] == [name]
        ):
            pairs.append((source, name))
    if not pairs:
        return None
    folded = copy.deepcopy(network)
    for source, name in pairs:
        conv, norm = folded.get_submodule(source), folded.get_submodule(name)
        folded.set_submodule(source, fuse_conv_bn_eval(conv, norm))  # type: ignore[type-var,arg-type]
        folded.set_submodule(name, nn.Identity())
    for parameter in folded.parameters():
        parameter.requires_grad_(False)
    return folded


def _last_spatial(network: nn.Module, calls: list[Call]) -> str:
    """The module with the last feature map: a DProtoNet's backbone, before its masks."""
    if isinstance(getattr(network, "backbone", None), nn.Module):
        return "backbone"
    return next((name for name, _, out in reversed(calls) if _is_spatial(out)), "")


def _is_spatial(out: object) -> bool:
    return isinstance(out, Tensor) and out.ndim == 4 and out.shape[-1] > 1 and out.shape[-2] > 1


def _close(found: Tensor, wanted: Tensor, tolerance: float) -> bool:
    error = (found.float() - wanted.float()).abs().max()
    return bool(error <= tolerance * (1 + wanted.abs().max()))


def _has_bfloat16(device: torch.device) -> bool:
    """Whether the processor multiplies bfloat16 itself; where it only converts, float32 wins."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, check, lambda: False)() for check in checks)


def _bfloat16(exact: nn.Module, example: Tensor, wanted: Tensor) -> nn.Module | None:
    """A bfloat16 copy, or None where the network does not take to it.

    Of a DProtoNet only the backbone is converted; of any other network all but the linear layers
    that read one vector an image, so that the logits keep their full precision.

    Strided depthwise convolutions stay in float32: their bfloat16 gradient is ten times slower on
    the CPU (torch 2.14; in a MobileNetV2 four such layers took 100 of 180 ms).
    """
    low = torch.bfloat16
    fast = copy.deepcopy(exact)
    try:
        part = getattr(fast, "backbone", fast)
        calls = [(fast.get_submodule(name), given) for name, given, _ in _calls(fast, example)]
        heads = {m for m, given in calls if isinstance(m, nn.Linear) and _is_vector(given)}
        kept = {m for m in part.modules() if m in heads or _is_strided_depthwise(m)}
        for module in kept:
            _compute_in(module, torch.float32, torch.float32 if module in heads else low)
        for module in part.modules():
            if module not in kept:
                _convert_own(module, low)
        _compute_in(part, low, torch.float32)
        return fast if _close(logits_of(fast(example)), wanted, 0.1) else None
    except (RuntimeError, TypeError, ValueError) as error:
        log.debug("no bfloat16 copy: %s", error)
        return None


def _is_strided_depthwise(module: nn.Module) -> bool:
    return isinstance(module, nn.Conv2d) and module.groups > 1 and max(module.stride) > 1


def _is_vector(given: object) -> bool:
    return isinstance(given, Tensor) and given.ndim == 2


def _convert_own(module: nn.Module, dtype: torch.dtype) -> None:
    for tensor in [*module.parameters(recurse=False), *module.buffers(recurse=False)]:
        if tensor.is_floating_point():
            tensor.data = tensor.data.to(dtype)


def _compute_in(module: nn.Module, within: torch.dtype, outside: torch.dtype) -> None:
    """Cast what a module takes to one type and what it gives to another."""

    def take(_m: nn.Module, args: tuple) -> tuple:
        return tuple(a.to(within) if isinstance(a, Tensor) else a for a in args)

    def give(_m: nn.Module, _args: tuple, out: object) -> object:
        return out.to(outside) if isinstance(out, Tensor) else out

    module.register_forward_pre_hook(take)
    module.register_forward_hook(give)
