"""The options that send records into a file, and the work to other processes.

Only the standard library is imported here, so that ``--help`` answers at once.
"""

import argparse
from pathlib import Path

from dprotonet.cli.parser import path_of
from dprotonet.errors import WrongRequest

ENDINGS = {"json": (".jsonl", ".ndjson"), "csv": (), "parquet": (".parquet",)}
"""How the name of a file of records ends, by format."""


def add_records(parser: argparse.ArgumentParser, option: str) -> None:
    """Add the options, the file's under the name that the command has for it."""
    parser.add_argument(
        option,
        dest="records",
        type=path_of,
        metavar="FILE",
        help="write the records to FILE.jsonl or FILE.parquet, file by file; the same command "
        "again goes on where it was stopped",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="let the workers of this dask scheduler do the work, such as tcp://HOST:8786; they "
        f"open model and images by the same paths, and FILE is {option}'s",
    )


def format_of(asked: str | None, out: Path | None) -> str:
    """The format of standard output; that of a file is said by its name.

    Raises:
        WrongRequest: the two differ.
    """
    if asked is not None and out is not None and not out.name.endswith(ENDINGS[asked]):
        raise WrongRequest(
            f"--format {asked} does not go with {out}: leave --format out, the file's name says "
            "its format."
        )
    if asked == "parquet" and out is None:
        raise WrongRequest("Parquet is no text: name a file for it with --out FILE.parquet.")
    return asked or "json"


def scheduler_of(values: argparse.Namespace, option: str) -> str | None:
    """The address of a scheduler; None where this process does the work.

    Raises:
        WrongRequest: there is no file for the records.
    """
    scheduler: str | None = values.scheduler
    if scheduler is not None and values.records is None:
        raise WrongRequest(f"With --scheduler a file takes the records: name it with {option}.")
    return scheduler
