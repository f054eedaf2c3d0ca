"""The operators of a classifier that came as an ONNX file, as plain values. No torch, no onnx."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Attribute = int | float | str | tuple[int, ...] | tuple[float, ...]

MOST_OPERATORS = 20_000
_NAME = re.compile(r"[vt][0-9]{1,6}")  # v: computed from the image; t: a tensor of the file


@dataclass(frozen=True)
class Operator:
    """One step of the graph.

    Attributes:
        kind: ONNX's name of it, such as "Conv".
        inputs: names of values ("v3") and of tensors ("t7"); "" for one that is left out.
        outputs: names of values.
        attributes: by ONNX's names.
    """

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", tuple(self.inputs))
        object.__setattr__(self, "outputs", tuple(self.outputs))
        if not isinstance(self.kind, str) or not all(
            name == "" or (isinstance(name, str) and _NAME.fullmatch(name))
            for name in (*self.inputs, *self.outputs)
        ):
            raise ValueError(f"the operator {self.kind!r} has inputs or outputs without a name")
        attributes = {k: tuple(v) if isinstance(v, list) else v for k, v in self.attributes.items()}
        for key, value in attributes.items():
            parts = value if isinstance(value, tuple) else (value,)
            if not all(isinstance(part, int | float | str) for part in parts):
                raise ValueError(f"the attribute {key!r} of {self.kind!r} is no plain value")
        object.__setattr__(self, "attributes", attributes)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        attributes = {k: list(v) if isinstance(v, tuple) else v for k, v in self.attributes.items()}
        return {
            "kind": self.kind,
            "inputs": list(self.inputs),
            "outputs": list(self.outputs),
            "attributes": attributes,
        }


@dataclass(frozen=True)
class Graph:
    """From the image to the logits.

    Attributes:
        input: name of the image's value.
        output: name of the logits' value.
        operators: in an order in which each finds its inputs.
    """

    input: str
    output: str
    operators: tuple[Operator, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "operators", tuple(self.operators))
        if len(self.operators) > MOST_OPERATORS:
            raise ValueError(f"a graph has at most {MOST_OPERATORS:,} operators")
        known = {self.input}
        for operator in self.operators:
            for name in operator.inputs:
                if name.startswith("v") and name not in known:
                    raise ValueError(f"{operator.kind} reads {name} before it is there")
            known.update(operator.outputs)
        if self.output not in known:
            raise ValueError("nothing gives the graph's output")

    @property
    def tensors(self) -> frozenset[str]:
        """Names of the tensors that its operators read."""
        return frozenset(
            name for operator in self.operators for name in operator.inputs if name[:1] == "t"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {
            "input": self.input,
            "output": self.output,
            "operators": [operator.to_json() for operator in self.operators],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Graph:
        """The graph that :meth:`to_json` wrote.

        Raises:
            ValueError, TypeError, KeyError: it is none.
        """
        operators = tuple(Operator(**operator) for operator in data["operators"])
        return cls(str(data["input"]), str(data["output"]), operators)
