"""A classifier that came as an ONNX file, run by torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dprotonet.modeling.classifiers.onnx_graph.graph import Graph, Operator
from dprotonet.modeling.classifiers.onnx_graph.layers import LAYERS, is_six
from dprotonet.modeling.classifiers.onnx_graph.operators import OPERATORS


@dataclass(frozen=True)
class _Step:
    """One operator, ready to run."""

    operator: Operator
    layer: int | None  # its place among the layers; None for a function


class OnnxNetwork(nn.Module):
    """Runs a graph's operators one after the other.

    Args:
        graph: the operators.
        tensors: their tensors by name.

    Raises:
        ValueError: a tensor is missing, or there is no such operator here.
    """

    def __init__(self, graph: Graph, tensors: Mapping[str, Tensor]) -> None:
        super().__init__()
        missing = sorted(graph.tensors - set(tensors))
        if missing:
            raise ValueError(f"the graph reads the tensor {missing[0]}, which is not there")
        self.layers = nn.ModuleList()
        self._constants: dict[str, Any] = {}
        self._graph = graph
        self._steps = tuple(self._step(operator, tensors) for operator in graph.operators)
        used = {
            name
            for step in self._steps
            if step.layer is None
            for name in step.operator.inputs
            if name in graph.tensors
        }
        for name in sorted(used):
            tensor = tensors[name]
            if tensor.dtype == torch.int64 and tensor.ndim <= 1:  # of a shape: known beforehand
                plain = tensor.tolist()
                self._constants[name] = plain if isinstance(plain, int) else tuple(plain)
            else:
                self.register_buffer(name, tensor.clone())

    def _step(self, operator: Operator, tensors: Mapping[str, Tensor]) -> _Step:
        layer = _layer(operator, tensors)
        if layer is not None:
            self.layers.append(layer)
            return _Step(operator, len(self.layers) - 1)
        if operator.kind not in OPERATORS:
            raise ValueError(f"there is no operator {operator.kind} here")
        return _Step(operator, None)

    def forward(self, images: Tensor) -> Tensor:
        """``(N, C, S, S)`` to what the graph gives."""
        values: dict[str, Any] = {self._graph.input: images}
        for step in self._steps:
            operator = step.operator
            if step.layer is not None:
                values[operator.outputs[0]] = self.layers[step.layer](values[operator.inputs[0]])
                continue
            inputs = [self._value(name, values) for name in operator.inputs]
            result = OPERATORS[operator.kind](inputs, operator.attributes)
            if operator.kind != "Split":
                result = (result,)
            values.update(zip(operator.outputs, result, strict=False))
        logits: Tensor = values[self._graph.output]
        return logits

    def _value(self, name: str, values: Mapping[str, Any]) -> Any:
        if not name:
            return None
        if name in values:
            return values[name]
        return self._constants[name] if name in self._constants else getattr(self, name)


def _layer(operator: Operator, tensors: Mapping[str, Tensor]) -> nn.Module | None:
    """The operator as a layer; None where it is none, or its weights are computed."""
    names = [name for name in operator.inputs[1:] if name]
    if operator.kind == "Clip":
        bounds = [float(tensors[name]) for name in names if name in tensors]
        attributes = operator.attributes
        low, high = bounds if len(bounds) == 2 else (attributes.get("min"), attributes.get("max"))
        return nn.ReLU6() if is_six(low, high) else None
    if operator.kind not in LAYERS:
        return None
    if not all(name in tensors for name in names):
        raise ValueError(f"the weights of {operator.kind} are computed from others")
    return LAYERS[operator.kind]([tensors[name] for name in names], operator.attributes)
