"""ONNX's operators in torch, for the classifiers of images that are around.

After the operators' specification (https://onnx.ai/onnx/operators). What is not here is refused by
name at the import. Inputs are tensors, plain integers of shapes, or None where one is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

Value = Any  # Tensor | int | tuple[int, ...] | None
Attributes = Mapping[str, Any]
Run = Callable[[Sequence[Value], Attributes], Value]

# ONNX's numbers of types (TensorProto.DataType); narrow and wide floats are computed as float32.
_TYPES = {1: torch.float32, 6: torch.int32, 7: torch.int64, 9: torch.bool}
_TYPES |= {10: torch.float32, 11: torch.float32, 16: torch.float32, 2: torch.uint8, 3: torch.int8}


def _tensor(value: Value) -> Tensor:
    return value if isinstance(value, Tensor) else torch.tensor(value)


def _ints(value: Value) -> tuple[int, ...]:
    """A shape's or an axis list's integers."""
    if isinstance(value, Tensor):
        value = value.tolist()
    return (value,) if isinstance(value, int) else tuple(int(v) for v in value)


def _given(inputs: Sequence[Value], index: int) -> Value:
    return inputs[index] if index < len(inputs) else None


def _axes(inputs: Sequence[Value], attributes: Attributes, index: int = 1) -> Value:
    """Axes, which older operator sets have as an attribute and newer ones as an input."""
    given = _given(inputs, index)
    given = attributes.get("axes") if given is None else given
    return None if given is None else _ints(given)


def _unary(function: Callable[[Tensor], Tensor]) -> Run:
    return lambda inputs, _: function(_tensor(inputs[0]))


def _binary(function: Callable[[Tensor, Tensor], Tensor]) -> Run:
    return lambda inputs, _: function(_tensor(inputs[0]), _tensor(inputs[1]))


def _folded(function: Callable[[Tensor, Tensor], Tensor]) -> Run:
    def run(inputs: Sequence[Value], _: Attributes) -> Tensor:
        result = _tensor(inputs[0])
        for other in inputs[1:]:
            result = function(result, _tensor(other))
        return result

    return run


def _divide(one: Tensor, two: Tensor) -> Tensor:
    if one.is_floating_point() or two.is_floating_point():
        return one / two
    return torch.div(one, two, rounding_mode="trunc")


def _clip(inputs: Sequence[Value], attributes: Attributes) -> Tensor:
    low, high = _given(inputs, 1), _given(inputs, 2)
    low = attributes.get("min") if low is None else low
    high = attributes.get("max") if high is None else high
    x = inputs[0]
    x = x if low is None else x.clamp(min=float(low))
    clipped: Tensor = x if high is None else x.clamp(max=float(high))
    return clipped


def _gemm(inputs: Sequence[Value], attributes: Attributes) -> Tensor:
    a, b, c = inputs[0], inputs[1], _given(inputs, 2)
    a = a.T if attributes.get("transA", 0) else a
    b = b.T if attributes.get("transB", 0) else b
    product: Tensor = attributes.get("alpha", 1.0) * (a @ b)
    return product if c is None else product + attributes.get("beta", 1.0) * _tensor(c)


def _flatten(inputs: Sequence[Value], attributes: Attributes) -> Tensor:
    x, axis = inputs[0], attributes.get("axis", 1)
    axis = axis + x.ndim if axis < 0 else axis
    if axis == 0:
        return x.reshape(1, -1)  # type: ignore[no-any-return]
    return x.flatten(axis) if axis == 1 else x.flatten(axis).flatten(0, axis - 1)  # type: ignore[no-any-return]


def _reshape(inputs: Sequence[Value], attributes: Attributes) -> Tensor:
    x, shape = inputs[0], list(_ints(inputs[1]))
    if not attributes.get("allowzero", 0):
        shape = [x.shape[i] if size == 0 else size for i, size in enumerate(shape)]
    return x.reshape(shape)  # type: ignore[no-any-return]


def _squeeze(inputs: Sequence[Value], attributes: Attributes) -> Tensor:
    x, axes = _tensor(inputs[0]), _axes(inputs, attributes)
    return x.squeeze() if axes is None else x.squeeze(axes)


def _unsqueeze(inputs: Sequence[Value], attributes: Attributes) -> Tensor:
    x, axes = _tensor(inputs[0]), _axes(inputs, attributes)
    ndim = x.ndim + len(axes)
    for axis in sorted(axis % ndim for axis in axes):
        x = x.unsqueeze(axis)
    return x


def _transpose(inputs: Sequence[Value], attributes: Attributes) -> Tensor:
    x = inputs[0]
    return x.permute(attributes.get("perm", tuple(reversed(range(x.ndim)))))  # type: ignore[no-any-return]


def _concat(inputs: Sequence[Value], attributes: Attributes) -> Tensor:
    return torch.cat([torch.atleast_1d(_tensor(x)) for x in inputs], dim=attributes["axis"])


def _split(inputs: Sequence[Value], attributes: Attributes) -> tuple[Tensor, ...]:
    x, axis, sizes = inputs[0], attributes.get("axis", 0), _given(inputs, 1)
    sizes = attributes.get("split") if sizes is None else sizes
    if sizes is None:
        parts = attributes["num_outputs"]
        return tuple(x.split(-(-x.shape[axis] // parts), dim=axis))
    return tuple(x.split(list(_ints(sizes)), dim=axis))


def _slice(inputs: Sequence[Value], attributes: Attributes) -> Tensor:
    x = _tensor(inputs[0])
    starts = _ints(attributes["starts"] if len(inputs) < 2 else inputs[1])
    ends = _ints(attributes["ends"] if len(inputs) < 3 else inputs[2])
    axes = _axes(inputs, attributes, 3) or tuple(range(len(starts)))
    steps = (1,) * len(starts) if _given(inputs, 4) is None else _ints(inputs[4])
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if step < 1:
            raise ValueError("Slice with a step backwards")
        cut = [slice(None)] * x.ndim
        cut[axis] = slice(start, end, step)
        x = x[tuple(cut)]
    return x


def _gather(inputs: Sequence[Value], attributes: Attributes) -> Tensor:
    x, index, axis = _tensor(inputs[0]), inputs[1], attributes.get("axis", 0)
    if isinstance(index, int):
        return x.select(axis, index)
    where = _tensor(index).long()
    where = torch.where(where < 0, where + x.shape[axis], where)
    taken = x.index_select(axis, where.flatten().to(x.device))
    axis %= x.ndim
    return taken.reshape(*x.shape[:axis], *where.shape, *x.shape[axis + 1 :])


def _reduced(function: Callable[..., Tensor]) -> Run:
    def run(inputs: Sequence[Value], attributes: Attributes) -> Tensor:
        x, axes = inputs[0], _axes(inputs, attributes)
        axes = tuple(range(x.ndim)) if axes is None else axes
        return function(x, dim=axes, keepdim=bool(attributes.get("keepdims", 1)))

    return run


def _pad(inputs: Sequence[Value], attributes: Attributes) -> Tensor:
    x, pads = inputs[0], _given(inputs, 1)
    pads = _ints(attributes["pads"] if pads is None else pads)
    axes = _axes(inputs, {}, 3) or tuple(range(x.ndim))
    value, mode = _given(inputs, 2), str(attributes.get("mode", "constant"))
    sides = [0] * (2 * x.ndim)
    for place, axis in enumerate(axes):
        sides[2 * (x.ndim - 1 - axis % x.ndim)] = pads[place]
        sides[2 * (x.ndim - 1 - axis % x.ndim) + 1] = pads[place + len(axes)]
    if mode == "constant":
        return F.pad(x, sides, value=0.0 if value is None else float(value))
    return F.pad(x, sides[: 2 * (x.ndim - 2)], mode={"edge": "replicate"}.get(mode, mode))


def _normalised_layer(inputs: Sequence[Value], attributes: Attributes) -> Tensor:
    x, axis = inputs[0], attributes.get("axis", -1)
    shape = x.shape[axis % x.ndim :]
    return F.layer_norm(x, shape, inputs[1], _given(inputs, 2), attributes.get("epsilon", 1e-5))


def _expand(inputs: Sequence[Value], _: Attributes) -> Tensor:
    x, shape = _tensor(inputs[0]), _ints(inputs[1])
    return x.expand(torch.broadcast_shapes(tuple(x.shape), shape))


def _filled(inputs: Sequence[Value], _: Attributes) -> Tensor:
    value = _given(inputs, 1)
    fill = torch.zeros(1) if value is None else torch.atleast_1d(_tensor(value))
    return fill.expand(_ints(inputs[0]))


def _number(value: Value) -> float | int:
    """One number, as it is or in a tensor."""
    number: float | int = value.item() if isinstance(value, Tensor) else value
    return number


def _soft(function: Callable[..., Tensor]) -> Run:
    return lambda inputs, attributes: function(inputs[0], dim=attributes.get("axis", -1))


OPERATORS: dict[str, Run] = {
    "Abs": _unary(torch.abs),
    "Add": _folded(torch.add),
    "Cast": lambda inputs, attributes: _tensor(inputs[0]).to(_TYPES[attributes["to"]]),
    "Clip": _clip,
    "Concat": _concat,
    "ConstantOfShape": _filled,
    "Div": _binary(_divide),
    "Dropout": lambda inputs, _: inputs[0],
    "Elu": lambda inputs, attributes: F.elu(inputs[0], attributes.get("alpha", 1.0)),
    "Erf": _unary(torch.erf),
    "Exp": _unary(torch.exp),
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "Gelu": lambda inputs, attributes: F.gelu(
        inputs[0], approximate=attributes.get("approximate", "none")
    ),
    "Gemm": _gemm,
    "GlobalAveragePool": lambda inputs, _: inputs[0].mean(dim=(2, 3), keepdim=True),
    "GlobalMaxPool": lambda inputs, _: inputs[0].amax(dim=(2, 3), keepdim=True),
    "HardSigmoid": lambda inputs, attributes: (
        inputs[0] * attributes.get("alpha", 0.2) + attributes.get("beta", 0.5)
    ).clamp(0.0, 1.0),
    "HardSwish": _unary(F.hardswish),
    "Identity": lambda inputs, _: inputs[0],
    "LayerNormalization": _normalised_layer,
    "LeakyRelu": lambda inputs, attributes: F.leaky_relu(inputs[0], attributes.get("alpha", 0.01)),
    "Log": _unary(torch.log),
    "LogSoftmax": _soft(torch.log_softmax),
    "MatMul": _binary(torch.matmul),
    "Max": _folded(torch.maximum),
    "Min": _folded(torch.minimum),
    "Mul": _folded(torch.mul),
    "Neg": _unary(torch.neg),
    "PRelu": lambda inputs, _: torch.where(inputs[0] < 0, inputs[0] * inputs[1], inputs[0]),
    "Pad": _pad,
    "Pow": _binary(torch.pow),
    "Range": lambda inputs, _: torch.arange(*(_number(value) for value in inputs)),
    "Reciprocal": _unary(torch.reciprocal),
    "ReduceMax": _reduced(torch.amax),
    "ReduceMean": _reduced(torch.mean),
    "ReduceSum": _reduced(torch.sum),
    "Reshape": _reshape,
    "Selu": _unary(F.selu),
    "Shape": lambda inputs, attributes: tuple(_tensor(inputs[0]).shape)[
        attributes.get("start", 0) : attributes.get("end")
    ],
    "Sigmoid": _unary(torch.sigmoid),
    "Slice": _slice,
    "Softmax": _soft(torch.softmax),
    "Softplus": _unary(F.softplus),
    "Split": _split,
    "Sqrt": _unary(torch.sqrt),
    "Squeeze": _squeeze,
    "Sub": _binary(torch.sub),
    "Tanh": _unary(torch.tanh),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
"""By ONNX's name. Those with weights of their own are in
:mod:`dprotonet.modeling.classifiers.onnx_graph.layers`."""
