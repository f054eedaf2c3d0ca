"""A network with named outputs as an ONNX file, by torch's own exporter."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from dprotonet.errors import WrongRequest
from dprotonet.modeling.freezing.network_copy import sharing_copy
from dprotonet.modeling.portable.named_outputs import NamedOutputs

OPSET = 20
INPUT = "image"
_EXAMPLES = 2  # with one, the exporter takes the number of images for a constant


def onnx_bytes(
    network: NamedOutputs, size: int, metadata: Mapping[str, str] | None = None
) -> bytes:
    """The network as an ONNX file for any number of images.

    The names of modules and the places in source files that the exporter notes beside each
    operation are left out.

    Args:
        network: in eval mode, on the CPU; left as it is.
        size: side S of its images in pixels.
        metadata: texts that are kept inside the file.

    Raises:
        WrongRequest: the packages that write ONNX are not installed.
    """
    require_exporter()
    copied = sharing_copy(network).to(memory_format=torch.contiguous_format)
    example = torch.zeros(_EXAMPLES, 3, size, size)
    with _quiet():
        program = torch.onnx.export(
            copied,
            (example,),
            dynamo=True,
            dynamic_shapes=({0: torch.export.Dim("images")},),
            input_names=[INPUT],
            output_names=list(network.names),
            opset_version=OPSET,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    model = program.model_proto
    _strip(model)
    del model.metadata_props[:]
    for key, value in (metadata or {}).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    data: bytes = model.SerializeToString()
    return data


def require_exporter() -> None:
    """Refuse where ONNX cannot be written.

    Raises:
        WrongRequest: the sentence names the packages.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise WrongRequest(
            "ONNX files are written with the packages onnx and onnxscript, which are not "
            "installed here: pip install onnx onnxscript."
        ) from error


def _strip(model: Any) -> None:
    """Take out what says where the network's source stood on this machine."""
    del model.graph.metadata_props[:]
    model.doc_string = model.graph.doc_string = ""
    graph = model.graph
    for item in [*graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer]:
        del item.metadata_props[:]
        item.doc_string = ""
    for function in model.functions:
        del function.metadata_props[:]
        for node in function.node:
            del node.metadata_props[:]
            node.doc_string = ""


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's remarks on itself."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
