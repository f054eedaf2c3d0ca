"""SHA-256 of JSON values and of groups of tensors, without torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, NamedTuple


class RawTensor(NamedTuple):
    """A tensor as it stands in a safetensors file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    data: bytes | memoryview


def json_digest(value: Any, *, spaced: bool = False) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys: 64 hexadecimal digits.

    Args:
        value: of JSON's own types, tuples included.
        spaced: hash the text with a space behind each comma and colon. Heatmap settings and placed
            training images are stored under such digests; everything else goes without.
    """
    separators = (", ", ": ") if spaced else (",", ":")
    text = json.dumps(value, sort_keys=True, separators=separators)
    return hashlib.sha256(text.encode()).hexdigest()


def tensors_digest(tensors: Iterable[RawTensor]) -> str:
    """SHA-256 over names, types, shapes and bytes, in the order of the names."""
    digest = hashlib.sha256()
    for tensor in sorted(tensors, key=lambda item: item.name):
        digest.update(f"{tensor.name}|{tensor.dtype}|{list(tensor.shape)}|".encode())
        digest.update(tensor.data)
    return digest.hexdigest()
