"""From an ONNX file to a graph and its tensors. Nothing of the file is run.

Needs the package onnx, at the import alone: the bundle keeps the operators as JSON and the tensors
as safetensors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dprotonet.errors import UnusableBundle, WrongRequest
from dprotonet.modeling.classifiers.onnx_graph.graph import Attribute, Graph, Operator
from dprotonet.modeling.classifiers.onnx_graph.layers import LAYERS
from dprotonet.modeling.classifiers.onnx_graph.operators import OPERATORS

OLDEST, NEWEST = 9, 25  # operator sets
MOST_BYTES = 2 << 30
_LAST = {"Softmax": "softmax", "Sigmoid": "sigmoid"}
_SUBGRAPHS = 5  # AttributeProto.GRAPH, of If and Loop


@dataclass(frozen=True, eq=False)
class OnnxClassifier:
    """What an ONNX file holds.

    Attributes:
        name: of its graph.
        graph: up to the logits.
        tensors: of the graph, in float32 where they are floats.
        channels: that its image has.
        size: side of its image in pixels; None where the file leaves it open.
        outputs: numbers that it gives for an image; None where the file leaves it open.
        ended_in: "softmax" or "sigmoid" where the file ends in it, which was taken off; else "".
    """

    name: str
    graph: Graph
    tensors: dict[str, Tensor]
    channels: int
    size: int | None
    outputs: int | None
    ended_in: str


def read_onnx(path: Path) -> OnnxClassifier:
    """Read a classifier of one image.

    Raises:
        WrongRequest: the package onnx is not installed.
        UnusableBundle: the file is no ONNX file of a classifier whose operators are known here.
    """
    try:
        import onnx
    except ImportError as error:
        raise WrongRequest(
            "ONNX files are read with the package onnx, which is not installed here: "
            "pip install onnx."
        ) from error
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnusableBundle(f"{path.name} is larger than 2 GB. Give a smaller network.")
        # Weights beside the file are named by paths that a stranger wrote: they are not followed.
        model = onnx.load_model_from_string(path.read_bytes())
        onnx.checker.check_model(model)
    except OSError as error:
        raise UnusableBundle(f"{path} cannot be read ({error.strerror}).") from error
    except UnusableBundle:
        raise
    except Exception as error:  # protobuf and onnx raise what they like
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UnusableBundle(
            f"{path.name} is no ONNX file that can be used ({reason}). Export it again, with its "
            "weights inside the file."
        ) from error
    try:
        return _classifier(onnx, model)
    except ValueError as error:
        raise UnusableBundle(f"The network in {path.name} cannot be imported: {error}.") from error


def _classifier(onnx: Any, model: Any) -> OnnxClassifier:
    _check_operator_sets(model)
    if model.functions:
        model = onnx.inliner.inline_local_functions(model)
    graph = model.graph
    initialisers = {tensor.name: tensor for tensor in graph.initializer}
    images = [value for value in graph.input if value.name not in initialisers]
    if len(images) != 1 or len(graph.output) != 1:
        raise ValueError(
            f"it has {len(images)} inputs and {len(graph.output)} outputs, and a classifier has "
            "one image and one row of numbers"
        )
    shape = _shape(images[0])
    if len(shape) != 4 or shape[1] not in (1, 3) or shape[2] != shape[3]:
        raise ValueError(
            f"its input has the shape {_text(shape)}, and must be (N, 1 or 3, S, S): channels "
            "before rows"
        )
    names = _Names(images[0].name)
    operators = list(_operators(onnx, graph, names, initialisers))
    output = names.of(graph.output[0].name)
    operators, output, ended_in = _without_last(operators, output)
    read = Graph(names.of(images[0].name), output, tuple(operators))
    sizes = _shape(graph.output[0])
    return OnnxClassifier(
        graph.name or "graph",
        read,
        {name: names.tensors[name] for name in sorted(read.tensors)},
        int(shape[1] or 0),
        shape[2],
        sizes[-1] if len(sizes) == 2 else None,
        ended_in,
    )


def _check_operator_sets(model: Any) -> None:
    for used in model.opset_import:
        if used.domain not in ("", "ai.onnx") and any(
            node.domain == used.domain for node in model.graph.node
        ):
            raise ValueError(f"it uses operators of {used.domain}, which are not ONNX's own")
        if used.domain in ("", "ai.onnx") and not OLDEST <= used.version <= NEWEST:
            raise ValueError(
                f"it is of operator set {used.version}, and {OLDEST} to {NEWEST} are read"
            )


class _Names:
    """Short names for a file's values and tensors, and the tensors."""

    def __init__(self, image: str) -> None:
        self._names = {image: "v0"}
        self.tensors: dict[str, Tensor] = {}

    def of(self, name: str) -> str:
        """The short name of a value; "" for none."""
        return self._names.setdefault(name, f"v{len(self._names)}") if name else ""

    def keep(self, name: str, tensor: Tensor) -> None:
        """A tensor of the file."""
        short = f"t{len(self.tensors)}"
        self._names[name] = short
        self.tensors[short] = tensor

    def same(self, name: str, as_other: str) -> None:
        """A value that is another one."""
        self._names[name] = self.of(as_other)


def _operators(
    onnx: Any, graph: Any, names: _Names, initialisers: dict[str, Any]
) -> Iterator[Operator]:
    for name, tensor in initialisers.items():
        names.keep(name, _tensor(onnx, tensor))
    for node in graph.node:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if any(a.type == _SUBGRAPHS for a in node.attribute):
            raise ValueError(f"its operator {node.op_type} decides as it runs, which is not read")
        if node.op_type == "Constant":
            names.keep(node.output[0], _constant(onnx, attributes))
            continue
        if node.op_type in ("Identity", "Dropout"):
            names.same(node.output[0], node.input[0])
            continue
        if node.op_type not in OPERATORS and node.op_type not in LAYERS:
            raise ValueError(
                f"its operator {node.op_type} is not known here. Import the network by its "
                "architecture instead, with a safetensors file"
            )
        inputs = [names.of(name) for name in node.input]
        if node.op_type == "ConstantOfShape" and "value" in attributes:
            names.keep(f"\0{node.output[0]}", _tensor(onnx, attributes.pop("value")))
            inputs.append(names.of(f"\0{node.output[0]}"))
        yield Operator(
            node.op_type,
            tuple(inputs),
            tuple(names.of(name) for name in node.output),
            {key: _plain(value) for key, value in attributes.items()},
        )


def _without_last(operators: list[Operator], output: str) -> tuple[list[Operator], str, str]:
    """The graph up to its logits: calibration begins with them."""
    last = operators[-1] if operators else None
    if last is None or last.outputs != (output,) or last.kind not in _LAST:
        return operators, output, ""
    return operators[:-1], last.inputs[0], _LAST[last.kind]


def _constant(onnx: Any, attributes: dict[str, Any]) -> Tensor:
    for key, value in attributes.items():
        if key == "value":
            return _tensor(onnx, value)
        if key in ("value_float", "value_floats"):
            return torch.tensor(value, dtype=torch.float32)
        if key in ("value_int", "value_ints"):
            return torch.tensor(value, dtype=torch.int64)
    raise ValueError("a constant of it is neither number nor tensor")


def _tensor(onnx: Any, tensor: Any) -> Tensor:
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        raise ValueError("its weights lie in another file. Export it with its weights inside")
    array = onnx.numpy_helper.to_array(tensor)
    read = torch.from_numpy(array.copy())
    return read.float() if read.is_floating_point() else read


def _plain(value: Any) -> Attribute:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(value)
    if isinstance(value, int | float | str):
        return value
    raise ValueError("an attribute of an operator is no plain value")


def _shape(value: Any) -> tuple[int | None, ...]:
    """Sizes of a value; None for one that the file leaves open."""
    return tuple(
        dim.dim_value if dim.HasField("dim_value") and dim.dim_value > 0 else None
        for dim in value.type.tensor_type.shape.dim
    )


def _text(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join('?' if size is None else str(size) for size in shape)})"
