"""The logits in whatever a network gives: a tensor, a tuple, a dict or an object."""

from collections.abc import Mapping, ValuesView

from torch import Tensor

from dprotonet.errors import Unexplainable


def logits_of(output: object) -> Tensor:
    """The logits ``(N, K)`` in whatever a network gave.

    That is a tensor, something with ``logits``, or a tuple or dict in which all tensors of rows
    have one shape, of which the first is taken. ``(N, K, 1, 1)`` and ``(N,)``, a single logit, pass
    for logits too.

    Raises:
        Unexplainable: there are none, or it is not clear which of several tensors they are.
    """
    logits = _tensor_of_logits(output)
    if logits is None:
        raise _no_logits(output)
    if logits.ndim > 2:
        return logits.flatten(1)
    # Its shape, not its length: an exporter would take the length for a constant.
    return logits.reshape(logits.shape[0] if logits.ndim else 1, -1)


def _tensor_of_logits(output: object) -> Tensor | None:
    named = output.get("logits") if isinstance(output, Mapping) else None
    one = output if isinstance(output, Tensor) else getattr(output, "logits", named)
    if isinstance(one, Tensor):
        is_row = one.ndim <= 2 or one.shape[2:].numel() == 1
        return one if is_row and one.is_floating_point() else None
    parts = output.values() if isinstance(output, Mapping) else output
    if not isinstance(parts, list | tuple | ValuesView):
        return None
    rows = [part for part in parts if isinstance(part, Tensor) and part.ndim == 2]
    alike = len({tuple(part.shape) for part in rows}) == 1
    return rows[0] if alike and rows[0].is_floating_point() else None


def _no_logits(output: object) -> Unexplainable:
    kind = type(output).__name__
    if isinstance(output, Tensor):
        kind = f"a tensor {tuple(output.shape)} of {str(output.dtype).removeprefix('torch.')}"
    return Unexplainable(
        f"The network gives no logits (N, K), one row for each image, but {kind}. "
        "Wrap it in a module whose forward returns the logits."
    )
