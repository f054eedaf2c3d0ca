"""``python -m training``: all commands in one parser.

A module beside this one holds the commands of one subject: a frozen dataclass of arguments for each
command, the function that adds its parser, and the function that runs it. torch is imported only
in the last, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from dprotonet.errors import ReadableError
from training.cli import (
    accept,
    benchmark,
    compare,
    concepts,
    data,
    evaluate,
    learn,
    reader,
    tabular_study,
    train,
)
from training.cli.options import repeatable_command

WRONG_USAGE = 2
_DESCRIPTION = """``python -m training``: train, compare, concepts, tabular-study, studies,
evaluate, accept, bench, card, gallery, support, reader, pointing, boxes, shortcut, phantom,
throughput, probe, learn, responses."""
_COMMANDS = (  # in the order of --help
    train.add_train,
    compare.add_compare,
    concepts.add_concepts,
    tabular_study.add_tabular_study,
    compare.add_studies,
    evaluate.add_evaluate,
    accept.add_accept,
    benchmark.add_bench,
    evaluate.add_card,
    data.add_gallery,
    data.add_support,
    reader.add_reader,
    evaluate.add_pointing,
    evaluate.add_boxes,
    evaluate.add_shortcut,
    data.add_phantom,
    benchmark.add_throughput,
    evaluate.add_probe,
    learn.add_learn,
    learn.add_responses,
)


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; each leaves its function as ``run`` in the namespace."""
    parser = argparse.ArgumentParser(prog="python -m training", description=_DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True)
    for add in _COMMANDS:
        add(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what follows ``python -m training``; None for those of this process.

    Returns:
        The exit status: 0, or 2 where the user has to change something. One sentence on standard
        error then says what.
    """
    command_line = sys.argv[1:] if arguments is None else list(arguments)
    namespace = build_parser().parse_args(command_line)
    namespace.repeatable = repeatable_command(command_line)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("ignite").setLevel(logging.WARNING)
    try:
        namespace.run(namespace)
        status = 0
    except ReadableError as error:
        print(error, file=sys.stderr)
        status = WRONG_USAGE
    if "WORLD_SIZE" in os.environ:
        from training.distributed import leave

        leave(status)
    return status
