"""What the commands share: how they are added, options of several of them, and their output."""

from __future__ import annotations

import argparse
import json
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from dprotonet.errors import ReadableError
from dprotonet.names import DEFAULT_TIER, METHODS, TIERS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Arguments = TypeVar("Arguments", bound=DataclassInstance)

_TERMINATED = 128 + signal.SIGTERM

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""Where a command adds its parser."""


def add_command(
    commands: Commands,
    name: str,
    run: Callable[[Arguments], None],
    arguments: type[Arguments],
    *,
    about: str,
) -> argparse.ArgumentParser:
    """Add a command without options yet.

    Args:
        run: gets the arguments once they are parsed.
        arguments: a dataclass; each field is the destination of one option, or ``repeatable``,
            the command as it may be given again.
        about: the line of ``--help``.
    """

    def parsed(namespace: argparse.Namespace) -> None:
        run(
            arguments(**{field.name: getattr(namespace, field.name) for field in fields(arguments)})
        )

    parser = commands.add_parser(name, help=about)
    parser.set_defaults(run=parsed)
    return parser


def add_settings(parser: argparse.ArgumentParser) -> None:
    """``--set KEY=VALUE``, any number of times."""
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")


def add_placed_images(parser: argparse.ArgumentParser) -> None:
    """``--films``: the option keeps its name from when all images were radiographs."""
    parser.add_argument(
        "--films",
        type=Path,
        dest="placed_images",
        metavar="IMAGES",
        help="keep placed images here (OUT/films.safetensors)",
    )


def add_methods(parser: argparse.ArgumentParser, default: Sequence[str]) -> None:
    """``--methods`` and ``--tier``, by the library's names."""
    parser.add_argument("--methods", nargs="+", default=default, choices=METHODS)
    add_tier(parser)


def add_tier(parser: argparse.ArgumentParser) -> None:
    """``--tier`` of the MDM decoder."""
    parser.add_argument("--tier", default=DEFAULT_TIER, choices=TIERS)


def fold_count(text: str) -> int:
    """The type of ``--folds``.

    Raises:
        argparse.ArgumentTypeError: fewer than two.
    """
    number = int(text)
    if number < 2:
        raise argparse.ArgumentTypeError("give at least 2 folds")
    return number


def usable_device(name: str | None) -> str:
    """The device of this name; without a name CUDA if there is a GPU, else the CPU.

    Raises:
        ReadableError: this machine has no such device.
    """
    import torch

    if name is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ReadableError(
            f"The device {name!r} cannot be used here. Give cpu, or leave --device out."
        ) from error
    return name


def repeatable_command(arguments: Sequence[str]) -> str:
    """The whole command as it may be given again; of every path only its last part."""
    parts = ["python", "-m", "training"]
    for argument in arguments:
        key, equals, value = argument.rpartition("=")
        parts.append(key + equals + (Path(value).name if "/" in value else value))
    return shlex.join(parts)


@contextmanager
def stopped_cleanly() -> Iterator[None]:
    """While it lasts, a program that is asked to end clears away what it has written so far."""
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(_TERMINATED)


def print_json(values: Mapping[str, Any]) -> None:
    """A command's result on standard output."""
    json.dump(values, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
