"""Tensors that outlive a run: a file that is read again only where it is what would be made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from dprotonet.atomic_files import replacement


def read_kept(path: Path, digest: str) -> dict[str, Tensor] | None:
    """The tensors of a file that was kept under this digest; None where there is none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            if (file.metadata() or {}).get("digest") != digest:
                return None
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None


def write_kept(path: Path, digest: str, tensors: Mapping[str, Tensor]) -> None:
    """Keep tensors under a digest of all that they were made from; whole or not at all."""
    from safetensors.torch import save_file

    whole = {name: value.contiguous() for name, value in tensors.items()}
    with replacement(path) as temporary:
        save_file(whole, temporary, {"digest": digest})
