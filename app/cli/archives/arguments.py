"""The arguments of the commands of archives."""

from __future__ import annotations

import argparse
from datetime import date

from app.cli.archives.requests import (
    CancelSending,
    FetchStudies,
    ListArchives,
    ListOutbox,
    RetrySending,
    SearchArchive,
)
from app.domain.archives.found import Filters
from app.domain.errors import Refused


def add_archives(archives: argparse.ArgumentParser) -> None:
    """Say what each of them takes."""
    actions = archives.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="every archive, and whether it answers")
    listing.set_defaults(request=lambda options: ListArchives())
    searching = actions.add_parser("search", help="the studies that an archive has")
    searching.add_argument("archive", help="its name")
    searching.add_argument("--patient-id", default="", metavar="ID", help="of the patient")
    searching.add_argument("--accession", default="", metavar="NUMBER", help="accession number")
    searching.add_argument("--from", type=_day, dest="since", metavar="DATE", help="first day")
    searching.add_argument("--to", type=_day, dest="until", metavar="DATE", help="last day")
    searching.add_argument("--modality", default="", help="such as DX")
    searching.add_argument("--limit", type=int, default=25, metavar="N", help="most studies; 25")
    searching.add_argument("--offset", type=int, default=0, metavar="N", help="left out before; 0")
    searching.set_defaults(request=lambda options: _search(searching, options))
    fetching = actions.add_parser("fetch", help="let the worker bring in studies, as a batch")
    fetching.add_argument("archive", help="its name")
    fetching.add_argument("study", nargs="+", help="UID of a study, as the search prints it")
    fetching.add_argument(
        "--priors",
        type=int,
        default=0,
        metavar="N",
        help="earlier studies of the same patient that come with each, at most; 0",
    )
    fetching.set_defaults(
        request=lambda options: FetchStudies(options.archive, tuple(options.study), options.priors)
    )


def add_outbox(outbox: argparse.ArgumentParser) -> None:
    """Say what each of the outbox's commands takes."""
    actions = outbox.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="what waits, was refused or failed, and why")
    listing.add_argument("--all", action="store_true", help="what was sent or cancelled too")
    listing.set_defaults(request=lambda options: ListOutbox(options.all))
    again = actions.add_parser(
        "retry", help="send again what was refused or failed; now, if it waits"
    )
    which = again.add_mutually_exclusive_group(required=True)
    which.add_argument("sending", nargs="?", help="its id, as the list says")
    which.add_argument("--all", action="store_true", help="all that were refused or failed")
    again.set_defaults(request=lambda options: RetrySending(options.sending))
    cancelling = actions.add_parser("cancel", help="do not send what waits")
    cancelling.add_argument("sending", help="its id, as the list says")
    cancelling.set_defaults(request=lambda options: CancelSending(options.sending))


def _search(parser: argparse.ArgumentParser, options: argparse.Namespace) -> SearchArchive:
    try:
        filters = Filters(
            patient_id=options.patient_id,
            accession_number=options.accession,
            since=options.since,
            until=options.until,
            modality=options.modality.upper(),
        )
    except Refused as error:
        parser.error(str(error))
    return SearchArchive(options.archive, filters, options.limit, options.offset)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("give a day such as 2026-01-31") from None
