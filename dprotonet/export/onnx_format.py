"""A bundle as an ONNX file, checked before it is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from dprotonet.atomic_files import write_whole
from dprotonet.errors import ReadableError, WrongRequest
from dprotonet.export.metadata import texts
from dprotonet.export.network import portable_network
from dprotonet.export.parity import Parity, check_parity
from dprotonet.inference.predictor import Predictor
from dprotonet.modeling.portable.onnx_file import onnx_bytes, require_exporter
from dprotonet.modeling.portable.onnx_runner import runner


def write_onnx(predictor: Predictor, path: Path) -> Parity:
    """Write ``image (N, 3, S, S)`` to the outputs of
    :func:`~dprotonet.export.network.portable_network`, for any N.

    Args:
        predictor: of the bundle, on the CPU.
        path: the file; one that stood there is replaced.

    Raises:
        WrongRequest: a package is not installed.
        ReadableError: the network has no ONNX form.
        ExportDiffers: the file gives other numbers than the predictor.
    """
    require_exporter()
    network = portable_network(predictor)
    try:
        data = onnx_bytes(network, predictor.bundle.image_size, texts(predictor.bundle))
        run = runner(data)
    except WrongRequest:
        raise
    except Exception as error:  # of torch's exporter, which raises what it likes
        raise ReadableError(
            f"The network of {predictor.bundle.name} has no ONNX form ({type(error).__name__}). "
            "Export it with --to torchscript."
        ) from error

    def by_name(images: torch.Tensor) -> dict[str, torch.Tensor]:
        values = run(np.ascontiguousarray(images.numpy()))
        return {n: torch.from_numpy(v) for n, v in zip(network.names, values, strict=True)}

    parity = check_parity(predictor, by_name, "ONNX file")
    write_whole(path, lambda stream: stream.write(data))
    return parity
