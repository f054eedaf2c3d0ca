"""The folded network in onnxruntime, on a CPU, where it gives what torch gives.

All that a prediction needs comes out of the same pass: similarities, masks, the gate's features,
and the maps that a mask reader reads. The file is made from the network in memory and never
written, so that no file on disk can stand for a model that was checked. Measured:
docs/models-that-travel.md.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from dprotonet.errors import WrongRequest
from dprotonet.inference.engines.network_pass import Engine, NetworkPass
from dprotonet.inference.engines.torch_engine import TorchEngine
from dprotonet.modeling.freezing.frozen import FoldedNetwork
from dprotonet.modeling.gate_stage import quarter_means
from dprotonet.modeling.logits import logits_of
from dprotonet.modeling.portable.named_outputs import NamedOutputs, Output
from dprotonet.modeling.portable.onnx_file import INPUT, onnx_bytes
from dprotonet.modeling.portable.onnx_runner import session

log = logging.getLogger(__name__)

TOLERANCE = 1e-4
"""Most that logits and similarities may differ, as a fraction of 1 + the largest of them."""
WIDER_TOLERANCE = 1e-3
"""The same of masks, features and maps inside the network, which are sums of many more terms."""

_WATCHED = "watched:"
_EXAMPLES = 4


class OnnxEngine:
    """Passes images through an onnxruntime session.

    Args:
        session: of :func:`~dprotonet.modeling.portable.onnx_file.onnx_bytes`.
        names: of its outputs.
    """

    name = "onnxruntime"

    def __init__(self, session: Any, names: Sequence[str]) -> None:
        self._session, self._names = session, tuple(names)

    def run(self, images: Tensor, watch: Sequence[str] = ()) -> NetworkPass:
        """See :class:`~dprotonet.inference.engines.network_pass.Engine`; what is watched must be
        among what the engine was built with."""
        wanted = [
            name
            for name in self._names
            if not name.startswith(_WATCHED) or name.removeprefix(_WATCHED) in watch
        ]
        values = self._session.run(wanted, {INPUT: images.contiguous().numpy()})
        found = {name: torch.from_numpy(v) for name, v in zip(wanted, values, strict=True)}
        logits = found["logits"]
        return NetworkPass(
            logits,
            found.get("similarities", logits.new_zeros(len(logits), 0)),
            found.get("masks", logits.new_zeros(len(logits), 0, 1, 1)),
            found.get("features"),
            {name: found[_WATCHED + name] for name in watch},
        )


def fastest_engine(
    folded: FoldedNetwork, by_torch: TorchEngine, size: int, stage: str | None, watch: Sequence[str]
) -> Engine:
    """onnxruntime where it is installed and gives what torch gives; else torch, and why is logged.

    Args:
        folded: the network, on the CPU.
        by_torch: the engine that it is compared with.
        size: side S of its images in pixels.
        stage: the block of the backbone that the gate reads; None without a gate's distance.
        watch: modules inside the network whose outputs will be asked for.
    """
    try:
        import onnxruntime
    except ImportError:
        log.info("onnxruntime is not installed: predicting with torch")
        return by_torch
    if folded.passing.alone or folded.passing.changes_input:
        log.info("this network takes one image at a time: predicting with torch")
        return by_torch
    network = NamedOutputs(
        folded.network, _outputs(folded.network, stage, watch), _names(stage, watch)
    ).eval()
    try:
        data = onnx_bytes(network, size)
        engine = OnnxEngine(session(onnxruntime, data, torch.get_num_threads()), network.names)
        problem = difference(by_torch, engine, check_images(size), watch)
    except WrongRequest as error:
        problem = str(error)
    except (
        Exception
    ) as error:  # whatever an exporter or a runtime may raise on a stranger's network
        log.debug("no ONNX form of this network", exc_info=True)
        problem = f"the network has no ONNX form ({type(error).__name__})"
    if problem:
        log.info("%s: predicting with torch", problem)
        return by_torch
    return engine


def difference(by_torch: Engine, other: Engine, images: Tensor, watch: Sequence[str] = ()) -> str:
    """Where two engines differ on images by more than the tolerance; empty where they do not."""
    with torch.inference_mode():
        for image in images.split(1):
            ours, theirs = by_torch.run(image, watch), other.run(image, watch)
            for name, one, two, tolerance in (
                ("logits", ours.logits, theirs.logits, TOLERANCE),
                ("similarities", ours.similarities, theirs.similarities, TOLERANCE),
                ("masks", ours.masks, theirs.masks, WIDER_TOLERANCE),
                ("features", ours.features, theirs.features, WIDER_TOLERANCE),
                *(
                    (name, ours.watched[name], theirs.watched[name], WIDER_TOLERANCE)
                    for name in watch
                ),
            ):
                problem = _apart(name, one, two, tolerance)
                if problem:
                    return f"{other.name} and {by_torch.name} differ: {problem}"
    return ""


def check_images(size: int) -> Tensor:
    """``(N, 3, S, S)`` normalised images that the engines are compared on: noise of several
    coarsenesses, the same every time."""
    generator = torch.Generator().manual_seed(0)
    images = []
    for number in range(_EXAMPLES):
        cells = max(2, size >> (2 * number))
        noise = torch.randn(1, 3, cells, cells, generator=generator)
        images.append(nn.functional.interpolate(noise, size=size, mode="bilinear"))
    return torch.cat(images)


def _apart(name: str, one: Tensor | None, two: Tensor | None, tolerance: float) -> str:
    if one is None or two is None:
        return "" if one is two else f"{name} are missing"
    if one.shape != two.shape:
        return f"{name} have the shapes {tuple(one.shape)} and {tuple(two.shape)}"
    if not one.numel():
        return ""
    error, most = float((one - two).abs().max()), float(one.abs().max())
    if error <= tolerance * (1 + most):  # not so of NaN
        return ""
    return f"{name} by {error:.2g} where the largest is {most:.2g}"


def _names(stage: str | None, watch: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*watch, *([f"backbone.{stage}"] if stage else [])]))


def _outputs(network: nn.Module, stage: str | None, watch: Sequence[str]) -> dict[str, Output]:
    outputs: dict[str, Output] = {"logits": lambda result, _seen: logits_of(result)}
    if getattr(network, "prototype_ids", ()):
        outputs["similarities"] = _field("similarities")
        outputs["masks"] = _field("masks")
    if stage is not None:
        outputs["features"] = lambda _result, seen: quarter_means(seen[f"backbone.{stage}"])
    for name in watch:
        outputs[_WATCHED + name] = _seen(name)
    return outputs


def _field(name: str) -> Callable[[object, Mapping[str, Tensor]], Tensor]:
    def read(result: object, _seen: Mapping[str, Tensor]) -> Tensor:
        value: Tensor = getattr(result, name)
        return value

    return read


def _seen(name: str) -> Callable[[object, Mapping[str, Tensor]], Tensor]:
    return lambda _result, seen: seen[name].clone()
