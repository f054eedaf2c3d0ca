"""One frozen network for predictions and heatmaps, kept as long as the network it was made from.

The caller's network is never touched (:mod:`dprotonet.modeling.freezing.network_copy`). Of its copy
there are up to three forms around the same weights, each made when it is first needed:

* *folded*: batch norms folded into the convolutions before them, in channels_last memory.
  Predictions come from it.
* *exact*: the same with the activations fused into the convolutions on the CPU
  (:mod:`dprotonet.modeling.freezing.fused_conv`). All values beside a heatmap come from it.
* *fast*: in bfloat16, where the processor has that arithmetic, for the search of masks.

Each step is left out where it would change the logits. ``DPROTONET_FUSED_CONV=0`` in the
environment leaves out the fused kernel, for a build of torch in which it misbehaves.
"""

import logging
import os
import threading
import weakref
import zlib
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from dprotonet.modeling.freezing.folding import folded, last_spatial, layer_calls
from dprotonet.modeling.freezing.fused_conv import fuse
from dprotonet.modeling.freezing.low_precision import bfloat16_copy
from dprotonet.modeling.freezing.network_copy import device_of, own_copy, sharing_copy, unwrapped
from dprotonet.modeling.freezing.passing import Passing, are_close, backward_pass, fit_passing
from dprotonet.modeling.logits import logits_of
from dprotonet.modeling.options import PRECISIONS

log = logging.getLogger(__name__)

FUSED_CONV = "DPROTONET_FUSED_CONV"
"""The environment's switch: 1, as without it, for the fused kernel of the CPU; 0 for torch's own
convolutions and activations."""


@dataclass(frozen=True, eq=False)
class FoldedNetwork:
    """The network that predicts.

    Attributes:
        network: in eval mode, without gradients for its weights, batch norms folded.
        passing: how images pass through it.
        spatial: the module whose output is its last ``(N, C, h, w)``; "" for none.
    """

    network: nn.Module
    passing: Passing
    spatial: str

    def run(self, images: Tensor) -> object:
        """The network's output for ``(N, 3, S, S)``."""
        return self.passing(self.network, images)


@dataclass(frozen=True, eq=False)
class FrozenNetwork:
    """The network that heatmaps are made with.

    Attributes:
        folded: the form that it was made from, whose weights it shares.
        exact: in float32.
        fast: in bfloat16; ``exact`` itself where the processor gains nothing from that.
        precision: of ``fast``.
        graph_bytes: what autograd saves of one image for the backward pass through ``fast``.
        differentiable: whether a gradient comes back to the image.
    """

    folded: FoldedNetwork
    exact: nn.Module
    fast: nn.Module
    precision: str
    graph_bytes: int
    differentiable: bool

    @property
    def passing(self) -> Passing:
        """How images pass through it."""
        return self.folded.passing

    @property
    def spatial(self) -> str:
        """The module whose output is the last ``(N, C, h, w)``; "" for none."""
        return self.folded.spatial

    def run(self, images: Tensor, *, exact: bool = False) -> object:
        """The network's output for ``(N, 3, S, S)``."""
        return self.passing(self.exact if exact else self.fast, images)

    def fitting(self, most: int, memory_mb: int) -> int:
        """How many images one graph may hold: ``most``, or what fits in the memory, at least 2."""
        return max(2, min(most, memory_mb * 2**20 // max(self.graph_bytes, 1)))


@dataclass(eq=False)
class _Entry:
    """What is kept of a network, and what its weights were when it was made."""

    folded: FoldedNetwork
    shape: tuple[int, ...]  # of an image
    sealed: bool
    marks: tuple[object, ...]
    frozen: dict[tuple[str, bool], FrozenNetwork] = field(default_factory=dict)


_entries: "weakref.WeakKeyDictionary[nn.Module, _Entry]" = weakref.WeakKeyDictionary()
_lock = threading.RLock()


def fold(model: nn.Module, example: Tensor, *, sealed: bool = False) -> FoldedNetwork:
    """The folded form of a network: made once, then kept until its weights change.

    Args:
        model: any network that gives logits; left as it is.
        example: one image ``(1, 3, S, S)``, with which the folding is checked.
        sealed: the owner of the network promises to write no weight behind autograd's back, as
            ``weight.data.mul_(2)`` does. Later calls then look at counters instead of values.

    Raises:
        Unexplainable: the network fails on the image, or gives no logits.
    """
    model = unwrapped(model)
    with _lock:
        return _entry(model, _on_device(model, example), sealed).folded


def freeze(
    model: nn.Module, example: Tensor, precision: str = "auto", *, fused: bool | None = None
) -> FrozenNetwork:
    """The frozen form of a network: made once, then kept until its weights change.

    Args:
        model: any network that gives logits; left as it is.
        example: one image ``(1, 3, S, S)``, with which every step is checked; or several, most of
            which must survive bfloat16.
        precision: one of :data:`~dprotonet.modeling.options.PRECISIONS`; ``auto`` takes bfloat16
            where the processor has it.
        fused: whether to try the fused kernel of the CPU; None for what :data:`FUSED_CONV` says.

    Raises:
        Unexplainable: the network fails on the image, or gives no logits.
        ValueError: there is no such precision, or the environment's switch is neither 0 nor 1.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision is one of {', '.join(PRECISIONS)}, not {precision!r}.")
    fused = _fused_by_default() if fused is None else fused
    model = unwrapped(model)
    example = _on_device(model, example)
    with _lock:
        entry = _entry(model, example[:1], False)
        frozen = entry.frozen.get((precision, fused))
        if frozen is None:
            frozen = _make(entry.folded, example[:1], example, precision, fused)
            log.debug("frozen %s: %s", type(model).__name__, frozen.precision)
            entry.frozen[precision, fused] = frozen
        return frozen


def _fused_by_default() -> bool:
    value = os.environ.get(FUSED_CONV, "1")
    if value not in ("0", "1"):
        raise ValueError(f"{FUSED_CONV} is 0 or 1, not {value!r}.")
    return value == "1"


def _on_device(model: nn.Module, example: Tensor) -> Tensor:
    return example.detach().float().to(device_of(model, example.device))


def _entry(model: nn.Module, example: Tensor, sealed: bool) -> _Entry:
    entry, shape = _entries.get(model), tuple(example.shape[1:])
    sealed = sealed or (entry is not None and entry.sealed)
    marks = _counters(model) if sealed else _checksums(model)
    if entry is None or (entry.shape, entry.sealed, entry.marks) != (shape, sealed, marks):
        entry = _Entry(_fold(model, example), shape, sealed, marks)
        _entries[model] = entry
    return entry


def _counters(model: nn.Module) -> tuple[object, ...]:
    """Where the weights lie, and how often autograd saw each of them change."""
    return tuple(
        (id(tensor), tensor.data_ptr(), None if tensor.is_inference() else tensor._version)
        for tensor in [*model.parameters(), *model.buffers()]
    )


def _checksums(model: nn.Module) -> tuple[object, ...]:
    """Changes when a weight does, however it was changed: a write through ``.data`` or by NumPy
    leaves autograd's counters alone."""
    storages: dict[int, int] = {}
    marks: list[object] = []
    for tensor in [*model.parameters(), *model.buffers()]:
        tensor = tensor.detach()
        if tensor.device.type == "cpu" and tensor.layout == torch.strided:
            address = tensor.untyped_storage().data_ptr()
            if address not in storages:
                storages[address] = zlib.crc32(_bytes(tensor))
            mark: object = (storages[address], tensor.storage_offset(), tensor.stride())
        else:
            mark = float(tensor.double().sum())
        marks.append((str(tensor.device), str(tensor.dtype), tuple(tensor.shape), mark))
    return tuple(marks)


def _bytes(tensor: Tensor) -> memoryview:
    """All of its storage, as it lies in memory, without a copy."""
    flat = torch.empty(0, dtype=torch.uint8).set_(tensor.untyped_storage())
    return flat.numpy().data


def _fold(model: nn.Module, example: Tensor) -> FoldedNetwork:
    with torch.no_grad():
        plain = own_copy(model, example)
        expected = logits_of(plain(example.clone()))
        calls = layer_calls(plain, example)
        spatial = last_spatial(plain, example, calls)
        network = folded(plain, calls, example, expected)
        network, passing = fit_passing(network, example, expected)
    log.debug("folded %s: %s", type(model).__name__, passing)
    return FoldedNetwork(network, passing, spatial)


def _make(
    form: FoldedNetwork, example: Tensor, examples: Tensor, precision: str, fused: bool
) -> FrozenNetwork:
    passing = form.passing
    with torch.no_grad():
        expected = logits_of(form.run(example))
        plain = sharing_copy(form.network)
        exact = _fused(plain, example, expected) if fused else plain
        graph_bytes, differentiable = backward_pass(exact, passing, example)
        if exact is not plain and not differentiable:  # it may write over what the kernel saved
            graph_bytes, differentiable = backward_pass(plain, passing, example)
            exact = plain if differentiable else exact
        fast = exact
        if precision == "bfloat16" or (precision == "auto" and _has_bfloat16(example.device)):
            fast = _faster(exact, examples)
            fast_bytes, comes_back = backward_pass(fast, passing, example)
            if comes_back == differentiable:
                graph_bytes = fast_bytes
            else:
                fast = exact
    used = "float32" if fast is exact else "bfloat16"
    return FrozenNetwork(form, exact, fast, used, graph_bytes, differentiable)


def _fused(network: nn.Module, example: Tensor, expected: Tensor) -> nn.Module:
    """The network with its activations fused into its convolutions, or as it is where there is
    nothing to fuse, the kernel fails or the logits would change."""
    result = sharing_copy(network)
    try:
        if not fuse(result, layer_calls(result, example)):
            return network
    except Exception as error:  # a stranger's network may refuse to be taken apart
        log.debug("nothing is fused: %s", error)
        return network
    try:
        logits = logits_of(result(example.clone()))
    except Exception as error:  # another build of torch may have another kernel, or none
        log.warning(
            "The fused convolution fails in this build of torch (%s). Plain convolutions are "
            "used, which are slower.",
            error,
        )
        return network
    return result if are_close(logits, expected, 1e-3) else network


def _has_bfloat16(device: torch.device) -> bool:
    """Whether the processor multiplies bfloat16 itself; where it only converts, float32 wins."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, check, lambda: False)()) for check in checks)


def _faster(exact: nn.Module, examples: Tensor) -> nn.Module:
    """A bfloat16 copy, or the network itself where it does not take to that."""
    try:
        fast = bfloat16_copy(exact, layer_calls(exact, examples[:1]))
        same = fast is not None and _mostly_close(exact, fast, examples)
    except Exception as error:  # a kernel that is missing, a type that does not fit
        log.debug("no bfloat16 copy: %s", error)
        same = False
    return fast if same and fast is not None else exact


def _mostly_close(exact: nn.Module, fast: nn.Module, examples: Tensor) -> bool:
    """Whether the logits of more than half of the images are close."""
    close = [
        are_close(logits_of(fast(one.clone())), logits_of(exact(one.clone())), 0.1)
        for one in examples.split(1)
    ]
    return 2 * sum(close) > len(close)
