"""Tensors that outlive a run, in a file that names by a digest what they were computed from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from dprotonet.atomic_files import replacement, write_whole


def read_tensors(path: Path, digest: str) -> dict[str, Tensor] | None:
    """The tensors of a file that was written under this digest, or None."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            if (file.metadata() or {}).get("digest") != digest:
                return None
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None


def write_tensors(path: Path, digest: str, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors under a digest of all that they were computed from; whole or not at all."""
    from safetensors.torch import save_file

    whole = {name: value.contiguous() for name, value in tensors.items()}
    with replacement(path) as temporary:
        save_file(whole, temporary, {"digest": digest})


def write_in_parts(
    path: Path, digest: str, names: Sequence[str], shape: Sequence[int], parts: Iterable[Tensor]
) -> None:
    """Write 16-bit tensors of one shape a part at a time, so that they are never all in memory.

    The file is one of safetensors: the length of a JSON header in 8 bytes, the header, the numbers.

    Args:
        names: of the tensors, in the order in which their parts come.
        shape: ``(N, …)`` of each.
        parts: ``(n, …)`` float16, all rows of the first tensor, then all of the second, and so on.

    Raises:
        ValueError: the parts are not as many numbers as the shape says.
    """
    size = 2 * torch.Size(shape).numel()
    header = json.dumps(
        {"__metadata__": {"digest": digest}}
        | {
            name: {
                "dtype": "F16",
                "shape": list(shape),
                "data_offsets": [i * size, (i + 1) * size],
            }
            for i, name in enumerate(names)
        }
    ).encode()
    header += b" " * (-len(header) % 8)  # the format wants the numbers aligned

    def write(stream: BinaryIO) -> None:
        stream.write(len(header).to_bytes(8, "little") + header)
        written = sum(stream.write(part.contiguous().numpy().data) for part in parts)
        if written != size * len(names):
            raise ValueError(f"The parts are {written} bytes, not {size * len(names)}.")

    write_whole(path, write)
