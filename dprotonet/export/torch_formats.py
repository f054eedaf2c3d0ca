"""A bundle as TorchScript and as a program of torch.export, checked before they are kept.

Both are archives that torch opens without this library. What the exporters note of source files on
this machine is left out of them.
"""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dprotonet.atomic_files import write_whole
from dprotonet.export.metadata import facts
from dprotonet.export.network import portable_network
from dprotonet.export.parity import Parity, check_parity
from dprotonet.inference.predictor import Predictor
from dprotonet.modeling.portable.named_outputs import NamedOutputs

METADATA = "metadata.json"
"""The file inside the archives that has what :mod:`dprotonet.export.metadata` says."""

_SOURCES = ".debug_pkl"
_EXAMPLES = 2  # with one, the exporter takes the number of images for a constant


class _ByName(nn.Module):
    """The named outputs as a dictionary."""

    def __init__(self, network: NamedOutputs) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """``(N, 3, S, S)`` to each output by its name."""
        return dict(zip(self.network.names, self.network(image), strict=True))


def write_torchscript(predictor: Predictor, path: Path) -> Parity:
    """Write a traced network, ``image (N, 3, S, S)`` to a dictionary of the outputs of
    :func:`~dprotonet.export.network.portable_network`.

    Raises:
        ExportDiffers: the file gives other numbers than the predictor.
    """
    with _quiet():
        traced = torch.jit.trace(
            _ByName(portable_network(predictor)),
            (_example(predictor),),
            strict=False,
            check_trace=False,
        )
        data = BytesIO()
        torch.jit.save(traced, data, _extra_files={METADATA: _metadata(predictor)})
        kept = _without_sources(data.getvalue())
        loaded = torch.jit.load(BytesIO(kept))
    return _checked(predictor, loaded, "TorchScript file", path, kept)


def write_program(predictor: Predictor, path: Path) -> Parity:
    """Write the same as a program of ``torch.export``, as ``torch.export.load`` reads it.

    Raises:
        ExportDiffers: the file gives other numbers than the predictor.
    """
    with _quiet():
        program = torch.export.export(
            _ByName(portable_network(predictor)),
            (_example(predictor),),
            dynamic_shapes=({0: torch.export.Dim("images")},),
            strict=False,
        )
        for node in program.graph.nodes:
            node.meta.pop("stack_trace", None)
        data = BytesIO()
        torch.export.save(program, data, extra_files={METADATA: _metadata(predictor)})
        loaded = torch.export.load(BytesIO(data.getvalue())).module()
    return _checked(predictor, loaded, "torch.export program", path, data.getvalue())


def _checked(
    predictor: Predictor, run: Callable[[Tensor], Any], kind: str, path: Path, data: bytes
) -> Parity:
    parity = check_parity(predictor, run, kind)
    write_whole(path, lambda stream: stream.write(data))
    return parity


def _example(predictor: Predictor) -> Tensor:
    size = predictor.bundle.image_size
    return torch.zeros(_EXAMPLES, 3, size, size)


def _metadata(predictor: Predictor) -> str:
    return json.dumps(facts(predictor.bundle), indent=1)


def _without_sources(archive: bytes) -> bytes:
    """The archive without the places in source files of each operator, which only errors name."""
    kept = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as old, zipfile.ZipFile(kept, "w") as new:
        for entry in old.infolist():
            if not entry.filename.endswith(_SOURCES):
                new.writestr(entry, old.read(entry))
    return kept.getvalue()


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
