"""Tensors that outlive a run, in a file that names by a digest what they were computed from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from dprotonet.atomic_files import replacement


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
