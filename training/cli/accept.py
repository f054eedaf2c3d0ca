"""``accept``: how a bundle does on a site's own labelled images, and settings of the site's own."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dprotonet.allocator import keep_freed_memory
from dprotonet.errors import WrongRequest
from training.cli.options import Commands, add_command, print_json, usable_device

RESULTS, REPORT, REPORT_MARKDOWN = "acceptance.json", "acceptance.html", "acceptance.md"


@dataclass(frozen=True)
class AcceptArguments:
    """The arguments of ``accept``.

    Attributes:
        out: folder for the report and the settings; None where the JSON is only printed.
        settings: another file for the settings; None for site_settings.json in ``out``.
        table: name of a CSV table in ``data``; None for a folder of classes.
        names: "site-name=class" of single classes.
        progress: file that says how many images are done; None for none.
        unnamed: the images are patients', and nothing of their headers may be in the report.
    """

    bundle: Path
    data: Path
    out: Path | None
    settings: Path | None
    table: str | None
    file_column: str
    label_column: str
    patient_column: str
    names: Sequence[str]
    site: str
    by: str | None
    resamples: int
    device: str | None
    progress: Path | None
    unnamed: bool


def add_accept(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "accept", accept, AcceptArguments, about="check a bundle on your own images"
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="your images: one sub-folder for each class, or a folder with a table (--table)",
    )
    parser.add_argument("--out", type=Path, help="folder for report, figures and settings")
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="the calibration and threshold of your own (OUT/site_settings.json); nothing uses "
        "them until you choose them",
    )
    parser.add_argument("--table", help="CSV table in the folder, with the columns below")
    parser.add_argument("--file-column", default="file")
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--patient-column", default="patient")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        dest="names",
        metavar="YOURS=CLASS",
        help="your class is this one of the model; with nothing behind = its images are left out",
    )
    parser.add_argument("--site", default="", help="your site's name, for the report")
    parser.add_argument("--by", help="who makes the check (your user name)")
    parser.add_argument("--resamples", type=int, default=2000, help="of the bootstrap")
    parser.add_argument("--device")
    parser.add_argument(
        "--progress", type=Path, metavar="FILE", help="file that says how many images are done"
    )
    parser.add_argument(
        "--unnamed",
        action="store_true",
        help="write no maker, station or rare group of the headers and no hash of a file",
    )


def accept(arguments: AcceptArguments) -> None:
    """Check the bundle; print the figures, and write report and settings where asked."""
    names = class_names(arguments.names)
    if arguments.resamples < 1:
        raise WrongRequest("--resamples is a number from 1 on.")
    keep_freed_memory()
    from dprotonet.bundle.bundle import Bundle
    from dprotonet.inference.site_settings import FILE_NAME, write_site_settings
    from training.acceptance import page
    from training.acceptance.check import AcceptanceOptions
    from training.acceptance.check import accept as check
    from training.acceptance.labelled_folder import FolderOptions
    from training.io import write_json, write_text

    def note_progress(done: int, total: int) -> None:
        if arguments.progress is not None:
            write_json(arguments.progress, {"done": done, "of": total})

    options = AcceptanceOptions(
        made_by=arguments.by or _user(),
        made_at=datetime.now(UTC),
        site=arguments.site,
        folder=FolderOptions(
            arguments.table,
            arguments.file_column,
            arguments.label_column,
            arguments.patient_column,
            names,
        ),
        resamples=arguments.resamples,
        device=usable_device(arguments.device),
        unnamed=arguments.unnamed,
    )
    found = check(Bundle.load(arguments.bundle), arguments.data, options, note_progress)
    out = arguments.out
    if out is not None:
        write_json(out / RESULTS, found.results)
        write_text(out / REPORT, page.html(found.results))
        write_text(out / REPORT_MARKDOWN, page.markdown(found.results))
    file = arguments.settings or (None if out is None else out / FILE_NAME)
    if file is not None:
        file.unlink(missing_ok=True)  # those of an earlier check, which these figures are not of
        if found.settings is not None:
            write_site_settings(file, found.settings)
    print_json(found.results)


def class_names(pairs: Sequence[str]) -> dict[str, str]:
    """Class of the site to class of the model, "" for one that is left out.

    Raises:
        WrongRequest: a pair has no "=", or a class is named twice.
    """
    names: dict[str, str] = {}
    for pair in pairs:
        name, equals, meant = pair.partition("=")
        if not equals or not name.strip():
            raise WrongRequest(f"--map {pair!r} names no class. Give --map YOURS=CLASS.")
        if name.strip() in names:
            raise WrongRequest(f"--map names {name.strip()!r} twice. Give it once.")
        names[name.strip()] = meant.strip()
    return names


def _user() -> str:
    try:
        return getpass.getuser()[:200]
    except (OSError, KeyError, ImportError):
        return "unknown"
