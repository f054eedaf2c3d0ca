"""SHA-256 of files, and the tensors in the bytes of a safetensors file, without torch.

A safetensors file is an 8-byte little-endian length, a JSON header of that length, and the tensors'
bytes (https://github.com/huggingface/safetensors#format). Reading that much here lets the server
check a model's parts without loading torch.
"""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

from dprotonet.modeling.digests import RawTensor

_BLOCK_BYTES = 1 << 20
_MOST_HEADER_BYTES = 16 << 20


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def raw_tensors(data: bytes) -> list[RawTensor]:
    """All tensors of a safetensors file.

    Raises:
        ValueError: the bytes are no whole safetensors file.
    """
    if len(data) < 8:
        raise ValueError("it is shorter than a safetensors header")
    (length,) = struct.unpack("<Q", data[:8])
    if length > min(_MOST_HEADER_BYTES, len(data) - 8):
        raise ValueError("its header is longer than the file")
    try:
        header = json.loads(data[8 : 8 + length])
        body = memoryview(data)[8 + length :]
        found = []
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            start, end = entry["data_offsets"]
            if not 0 <= start <= end <= len(body):
                raise ValueError(f"tensor {name} lies outside the file")
            shape = tuple(int(size) for size in entry["shape"])
            found.append(RawTensor(name, str(entry["dtype"]), shape, body[start:end]))
    except (KeyError, TypeError, AttributeError, RecursionError, json.JSONDecodeError) as error:
        raise ValueError("its header is not that of a safetensors file") from error
    return found
