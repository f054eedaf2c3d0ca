"""A mask reader to the bytes of a safetensors file and back."""

from __future__ import annotations

from safetensors import SafetensorError
from safetensors.torch import load, save

from dprotonet.errors import UnusableBundle
from dprotonet.modeling.reader.mask_reader import MaskReader, build_reader
from dprotonet.modeling.reader.options import ReaderOptions


def reader_to_bytes(reader: MaskReader) -> bytes:
    """A safetensors file of about 0.4 MB: weights in 16 bit, what has one dimension in 32."""
    state = {key: value.detach().cpu() for key, value in reader.state_dict().items()}
    return save(
        {k: (v.half() if v.ndim >= 2 else v.float()).contiguous() for k, v in state.items()}
    )


def reader_from_bytes(data: bytes, options: ReaderOptions, name: str) -> MaskReader:
    """The mask reader of a bundle in float32, in eval mode, its weights frozen.

    Args:
        data: of reader.safetensors.
        options: that the manifest gives.
        name: of the bundle, for the error.

    Raises:
        UnusableBundle: the tensors are not those of such a reader.
    """
    try:
        reader = build_reader(options)
        reader.load_state_dict({key: value.float() for key, value in load(data).items()})
        if not all(bool(value.isfinite().all()) for value in reader.state_dict().values()):
            raise ValueError("a weight is no finite number")
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise UnusableBundle(
            f"The mask reader of the model {name!r} cannot be used ({error}). "
            "Train it again: python -m training reader."
        ) from error
    return reader.eval().requires_grad_(False)
