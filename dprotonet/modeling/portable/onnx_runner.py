"""Running an ONNX file: by onnxruntime, or by onnx's own evaluator where that is not installed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from dprotonet.errors import WrongRequest

Run = Callable[[np.ndarray], list[np.ndarray]]
"""From the one input to all outputs, in their order."""


def runner(data: bytes) -> Run:
    """Runs an ONNX file on the CPU.

    Raises:
        WrongRequest: neither of the two packages is installed.
    """
    try:
        import onnxruntime
    except ImportError:
        return _by_reference(data)
    opened = session(onnxruntime, data)
    name = opened.get_inputs()[0].name
    return lambda array: [np.asarray(value) for value in opened.run(None, {name: array})]


def session(onnxruntime: Any, data: bytes, threads: int = 1) -> Any:
    """A session of onnxruntime.

    Args:
        onnxruntime: the module.
        data: the file.
        threads: that one pass may use.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    # Threads that spin between passes take the processor from other workers.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _by_reference(data: bytes) -> Run:
    try:
        import onnx
        from onnx.reference import ReferenceEvaluator
    except ImportError as error:
        raise WrongRequest(
            "ONNX files are run with the package onnxruntime, which is not installed here: "
            "pip install onnxruntime."
        ) from error
    evaluator = ReferenceEvaluator(onnx.load_model_from_string(data))
    (name,) = evaluator.input_names

    def run(array: np.ndarray) -> list[np.ndarray]:
        values = cast("Sequence[Any]", evaluator.run(None, {name: array}))
        return [np.asarray(value) for value in values]

    return run
