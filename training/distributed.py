"""One training by several processes: each takes its part of every batch, and one of them writes.

`torchrun` starts them and numbers them by RANK, WORLD_SIZE and LOCAL_RANK. Every process reads
all images and comes to the same prototypes and figures; gradients alone are averaged between them.
"""

from __future__ import annotations

import logging
import os
import sys

import torch
from torch import Tensor, distributed, nn

from dprotonet.errors import ReadableError


def is_shared() -> bool:
    """Whether `torchrun` started this process beside others."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def join(device: str) -> str:
    """Join the other processes, where there are any.

    Args:
        device: "cpu", "cuda" or "cuda:N".

    Returns:
        The device for this process.
    """
    if not is_shared():
        return device
    cuda = device.startswith("cuda")
    if cuda:
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if cuda else "gloo")
    if not is_main():
        logging.getLogger().setLevel(logging.WARNING)
    return device


def is_main() -> bool:
    """Whether this process writes: the first, or the only one."""
    return not distributed.is_initialized() or distributed.get_rank() == 0


def wait() -> None:
    """Wait until all processes have come here."""
    if distributed.is_initialized():
        distributed.barrier()


def averaged(network: nn.Module) -> nn.Module:
    """The network, its gradients averaged over all processes."""
    if not distributed.is_initialized():
        return network
    return nn.parallel.DistributedDataParallel(network)


def own_part(batch: Tensor) -> Tensor:
    """This process's rows of a batch ``(n,)``; each row belongs to exactly one process.

    Raises:
        ReadableError: the batch cannot be divided evenly, so that its mean would not be that of
            the parts.
    """
    if not distributed.is_initialized():
        return batch
    world = distributed.get_world_size()
    if len(batch) % world:
        raise ReadableError(
            f"A batch of {len(batch)} cannot be divided evenly among {world} processes. "
            "Give --set batch_size= a multiple of their number."
        )
    return batch[distributed.get_rank() :: world]


def leave(status: int) -> None:
    """End this process when all have come here; without others, do nothing."""
    if not distributed.is_initialized():
        return
    if status == 0:
        distributed.barrier()
        distributed.destroy_process_group()
    sys.stdout.flush()
    sys.stderr.flush()
    # Gloo's threads sometimes end a process with an error after all of its work was done.
    os._exit(status)
