"""A frozen copy of a network, made for many passes and kept as long as the caller's network.

The caller's network is never touched (:mod:`dprotonet.modeling.network_copy`). The copy has its
batch norms folded into the convolutions before them and, on the CPU, the activations fused into
those (:mod:`dprotonet.modeling.fused_conv`), lies in channels_last memory and, where the processor
has bfloat16 arithmetic, has a second, faster copy for the search of masks. Each of these is left
out where it would change what the network says. Values that are shown to a reader come from the
exact copy.
"""

import copy
import logging
import threading
import weakref
import zlib
from collections import Counter
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from dprotonet.modeling.fused_conv import Call, fuse
from dprotonet.modeling.logits import logits_of
from dprotonet.modeling.low_precision import bfloat16_copy
from dprotonet.modeling.network_copy import device_of, own_copy, unwrapped
from dprotonet.modeling.options import PRECISIONS

log = logging.getLogger(__name__)

_cache: "weakref.WeakKeyDictionary[nn.Module, tuple[tuple, FrozenNetwork]]" = (
    weakref.WeakKeyDictionary()
)
_lock = threading.RLock()


@dataclass(eq=False)
class FrozenNetwork:
    """The copies, and how images go through them.

    ``fast`` is ``exact`` itself where the processor gains nothing from bfloat16.
    """

    exact: nn.Module
    fast: nn.Module
    precision: str
    spatial: str  # the module whose output is the last (N, C, h, w) of the network; "" for none
    passing: "Passing"
    graph_bytes: int  # what the graph of one image keeps for the way back, in the fast copy
    differentiable: bool  # whether a gradient comes back to the image

    def run(self, images: Tensor, *, exact: bool = False) -> object:
        """What the network gives for ``(N, 3, S, S)``."""
        return self.passing(self.exact if exact else self.fast, images)

    def fitting(self, most: int, memory_mb: int) -> int:
        """How many images one graph may hold: ``most``, or what fits in the memory, at least 2."""
        return max(2, min(most, memory_mb * 2**20 // max(self.graph_bytes, 1)))


@dataclass(frozen=True)
class Passing:
    """What a network asks of the images that it is given."""

    channels_last: bool = True  # False for one that takes its activations for contiguous memory
    alone: bool = False  # one image at a time, since others change what it says of an image
    changes_input: bool = False  # it writes into the images

    def __call__(self, network: nn.Module, images: Tensor) -> object:
        """What the network gives for ``(N, 3, S, S)``; of images that pass alone, the logits."""
        kind = torch.channels_last if self.channels_last else torch.contiguous_format
        images = images.contiguous(memory_format=kind)
        if self.changes_input:
            images = images.clone()
        if self.alone and len(images) > 1:
            return torch.cat([logits_of(network(one)) for one in images.split(1)])
        return network(images)


def freeze(model: nn.Module, example: Tensor, precision: str = "auto") -> FrozenNetwork:
    """The frozen copy of a network: made once, then found again until its weights change.

    Args:
        model: any network that gives logits; left as it is.
        example: one image ``(1, 3, S, S)``, with which the folding is checked.
        precision: one of :data:`PRECISIONS`; ``auto`` takes bfloat16 where the processor has it.

    Raises:
        Unexplainable: the network fails on the image, or gives no logits.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision is one of {', '.join(PRECISIONS)}, not {precision!r}.")
    model = unwrapped(model)
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
        if tensor.device.type == "cpu" and tensor.layout == torch.strided:
            mark: float = zlib.crc32(tensor.flatten().view(torch.uint8).numpy().tobytes())
        else:
            mark = float(tensor.double().sum())
        marks.append((str(tensor.device), str(tensor.dtype), tuple(tensor.shape), mark))
    return tuple(marks)


def _make(model: nn.Module, example: Tensor, precision: str) -> FrozenNetwork:
    example = example.detach().float().to(device_of(model, example.device))
    plain = own_copy(model, example)
    with torch.no_grad():
        wanted = logits_of(plain(example.clone()))
        calls = _calls(plain, example)
        spatial = _last_spatial(plain, example, calls)
        exact, passing = _placed(_folded(plain, calls, example, wanted), example, wanted)
        fused = _fused(exact, example, wanted)
        held, differentiable = _graph(fused, passing, example)
        if fused is not exact and not differentiable:  # it may write over what the kernel kept
            held, differentiable = _graph(exact, passing, example)
            fused = exact if differentiable else fused
        exact = fast = fused
        if precision == "bfloat16" or (precision == "auto" and _has_bfloat16(example.device)):
            fast = _faster(exact, example, wanted)
            held_fast, passes_back = _graph(fast, passing, example)
            if passes_back == differentiable:
                held = held_fast
            else:
                fast = exact
    used = "float32" if fast is exact else "bfloat16"
    log.debug("frozen %s: %s, %s", type(model).__name__, passing, used)
    return FrozenNetwork(exact, fast, used, spatial, passing, held, differentiable)


def _placed(network: nn.Module, example: Tensor, wanted: Tensor) -> tuple[nn.Module, Passing]:
    """The network in the memory format that suits it, and what it asks of its images."""
    given = example.clone()
    network(given)
    changes = not torch.equal(given, example)
    other = copy.deepcopy(network).to(memory_format=torch.channels_last)
    wide = Passing(True, changes_input=changes)
    passing = Passing(False, changes_input=changes)
    if _says(other, wide, example, wanted):
        network, passing = other, wide
    two = torch.cat([example, torch.zeros_like(example)])
    if not hasattr(network(example.clone()), "similarities") and not _says(
        network, passing, two, wanted
    ):
        passing = replace(passing, alone=True)
    return network, passing


def _says(network: nn.Module, passing: Passing, images: Tensor, wanted: Tensor) -> bool:
    """Whether the network says of the first image what is wanted, one row for each image."""
    try:
        logits = logits_of(passing(network, images))
    except Exception:  # whatever a stranger's network may raise
        return False
    return len(logits) == len(images) and _close(logits[:1], wanted, 1e-3)


def _graph(network: nn.Module, passing: Passing, example: Tensor) -> tuple[int, bool]:
    """Bytes of all that autograd keeps of one image's pass, weights apart, and whether a gradient
    comes back to the image."""
    weights = {tensor.data_ptr() for tensor in [*network.parameters(), *network.buffers()]}
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        if tensor.data_ptr() not in weights:
            kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    image = example.clone().requires_grad_(True)
    try:
        with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, lambda one: one):
            logits_of(passing(network, image))
        with torch.enable_grad():  # without hooks, which hide that a kept tensor was written over
            logits = logits_of(passing(network, image))
            (gradient,) = torch.autograd.grad(logits.sum(), image, allow_unused=True)
    except Exception as error:  # numpy, a kernel without a gradient, or a write into what was kept
        log.debug("no gradient of %s: %s", type(network).__name__, error)
        return 0, False
    return sum(kept.values()), gradient is not None


def _fused(network: nn.Module, example: Tensor, wanted: Tensor) -> nn.Module:
    """The network with its activations fused into its convolutions, or as it is where that would
    change what it says."""
    try:
        found = copy.deepcopy(network)
        done = fuse(found, _calls(found, example)) and _close(
            logits_of(found(example.clone())), wanted, 1e-3
        )
    except Exception as error:  # another torch may have another kernel
        log.debug("nothing is fused: %s", error)
        done = False
    return found if done else network


def _calls(network: nn.Module, example: Tensor) -> list[Call]:
    """Every leaf module's call in the order of one pass: (name, input, output)."""
    calls: list[Call] = []
    hooks = []
    for name, module in network.named_modules():
        is_scripted = isinstance(module, torch.jit.ScriptModule)  # hooks see nothing of its layers
        if next(module.children(), None) is None and not is_scripted:

            def note(_m: nn.Module, args: tuple, out: object, name: str = name) -> None:
                calls.append((name, args[0] if args else None, out))

            hooks.append(module.register_forward_hook(note))
    try:
        network(example.clone())
    finally:
        for hook in hooks:
            hook.remove()
    return calls


def _folded(network: nn.Module, calls: list[Call], example: Tensor, wanted: Tensor) -> nn.Module:
    """The network with its batch norms folded into the convolutions that feed them and nothing
    else, or as it is where that would change what it says."""
    pairs = _foldable(network, calls)
    if not pairs:
        return network
    try:
        folded = copy.deepcopy(network)
        for source, name in pairs:
            conv, norm = folded.get_submodule(source), folded.get_submodule(name)
            folded.set_submodule(source, fuse_conv_bn_eval(conv, norm))  # type: ignore[type-var,arg-type]
            folded.set_submodule(name, nn.Identity())
        for parameter in folded.parameters():
            parameter.requires_grad_(False)
        same = _close(logits_of(folded(example.clone())), wanted, 1e-3)
    except Exception as error:  # weights that are made anew at every pass cannot be replaced
        log.debug("nothing is folded: %s", error)
        same = False
    return folded if same else network


def _foldable(network: nn.Module, calls: list[Call]) -> list[tuple[str, str]]:
    """Convolution and batch norm, where nothing else reads between them."""
    once = {name for name, count in Counter(name for name, _, _ in calls).items() if count == 1}
    readers: dict[int, list[str]] = {}
    for name, given, _ in calls:
        readers.setdefault(id(given), []).append(name)
    made = {id(out): name for name, _, out in calls}
    return [
        (source, name)
        for name, given, _ in calls
        if isinstance(network.get_submodule(name), nn.BatchNorm2d)
        and (source := made.get(id(given), ""))
        and isinstance(network.get_submodule(source), nn.Conv2d)
        and {name, source} <= once
        and readers[id(given)] == [name]
    ]


def _last_spatial(network: nn.Module, example: Tensor, calls: list[Call]) -> str:
    """The module with the last feature map: a DProtoNet's backbone, before its masks."""
    backbone = getattr(network, "backbone", None)
    if isinstance(backbone, nn.Module):
        given: list[object] = []
        hook = backbone.register_forward_hook(lambda _m, _args, out: given.append(out))
        try:
            network(example.clone())
        finally:
            hook.remove()
        if given and _is_spatial(given[-1]):
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


def _faster(exact: nn.Module, example: Tensor, wanted: Tensor) -> nn.Module:
    """A bfloat16 copy, or the network itself where it does not take to that."""
    try:
        fast = bfloat16_copy(exact, _calls(exact, example))
        same = fast is not None and _close(logits_of(fast(example.clone())), wanted, 0.1)
    except Exception as error:  # a kernel that there is not, a type that does not fit
        log.debug("no bfloat16 copy: %s", error)
        same = False
    return fast if same and fast is not None else exact
