"""The arguments of ``python -m app``, read into a request.

Only the standard library is imported here, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from app.cli.archives.arguments import add_archives, add_outbox
from app.cli.requests import (
    ActivateModel,
    AddModel,
    AddToken,
    AddUser,
    AnchorAudit,
    Backup,
    Bind,
    CheckStore,
    DeleteOrphans,
    DicomOut,
    DisableUser,
    ListLicences,
    ListModels,
    ListOrphans,
    ListTokens,
    ListUsers,
    MakeKey,
    Migrate,
    NewKey,
    Receive,
    Reidentify,
    Request,
    ResetUser,
    Restore,
    Retain,
    RevokeToken,
    Serve,
    SetRoles,
    ShowAuditHead,
    SignModel,
    TurnOver,
    VerifyAudit,
    VerifyBackup,
    Work,
)

MOST_WORKERS = 64  # that one server starts


def parse(arguments: Sequence[str] | None = None) -> Request:
    """What is asked for; ends the program with status 2 where the arguments are wrong."""
    options = _parser().parse_args(arguments)
    request: Request = options.request(options)
    return request


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app",
        description="DProtoNet Review: the web application. Without a command it runs the server. "
        "Settings come from the environment: DPROTONET_DATA, DPROTONET_DATABASE_URL, "
        "DPROTONET_MODELS, DPROTONET_TRUSTED_MODELS, DPROTONET_FOLDERS, "
        "DPROTONET_WATCH, DPROTONET_WATCH_SECONDS, DPROTONET_WATCH_EXPLAIN, "
        "DPROTONET_TRAINING_DATA, DPROTONET_ADDRESS, DPROTONET_PORT, DPROTONET_HOSTS, "
        "DPROTONET_BEHIND_PROXY, DPROTONET_SIGN_IN, DPROTONET_SESSION_IDLE_MINUTES, "
        "DPROTONET_SESSION_HOURS, DPROTONET_UPLOAD_FILES, DPROTONET_UPLOAD_MB, DPROTONET_FILE_MB, "
        "DPROTONET_METRICS_TOKEN, DPROTONET_API_REQUESTS, DPROTONET_LOG, DPROTONET_ENGINE, "
        "DPROTONET_WORKERS, DPROTONET_ORGANISATION, DPROTONET_VERIFIERS, DPROTONET_ARCHIVES, "
        "DPROTONET_RECEIVE_FROM, DPROTONET_RECEIVE_TITLE, DPROTONET_RECEIVE_HOSTS, "
        "DPROTONET_RECEIVE_ADDRESS, DPROTONET_RECEIVE_PORT, DPROTONET_RECEIVE_ASSOCIATIONS, "
        "DPROTONET_RECEIVE_PDU_KB, DPROTONET_RECEIVE_CERTIFICATE, DPROTONET_RECEIVE_PRIVATE_KEY, "
        "DPROTONET_RECEIVE_AUTHORITIES, "
        "DPROTONET_SEND_TO, DPROTONET_SEND, DPROTONET_SEND_OBJECTS, DPROTONET_SEND_AS, "
        "and for patients' images DPROTONET_PATIENTS, DPROTONET_PSEUDONYM_KEY, "
        "DPROTONET_DEIDENTIFY, DPROTONET_KEPT_TAGS, DPROTONET_BLOB_KEY, DPROTONET_OLD_BLOB_KEY, "
        "DPROTONET_KEEP_READ_DAYS, DPROTONET_KEEP_UNREAD_DAYS.",
    )
    parser.add_argument(
        "--workers",
        type=_workers,
        metavar="N",
        help="worker processes beside the server, instead of DPROTONET_WORKERS; 0 for none",
    )
    parser.set_defaults(request=lambda options: Serve(options.workers))
    commands = parser.add_subparsers(dest="command")
    work = commands.add_parser(
        "worker", help="work on the database and files of a server elsewhere"
    )
    work.add_argument("--device", type=_device, default="cpu", help="cpu, cuda or cuda:N")
    work.set_defaults(request=lambda options: Work(options.device))
    receive = commands.add_parser(
        "receive", help="take in what other systems send by DICOM's C-STORE"
    )
    receive.set_defaults(request=lambda options: Receive())
    migrate = commands.add_parser(
        "migrate", help="bring the database up to date, with a backup before"
    )
    migrate.set_defaults(request=lambda options: Migrate())
    _add_store(commands)
    licences = commands.add_parser("licences", help="list the licences of the installed packages")
    licences.set_defaults(request=lambda options: ListLicences())
    orphans = commands.add_parser("orphans", help="the files that no row named at a start")
    orphans.add_argument("action", nargs="?", choices=("list", "delete"), default="list")
    orphans.add_argument("--yes", action="store_true", help="delete them without asking")
    orphans.set_defaults(request=_orphans)
    bind = commands.add_parser("bind", help="say that data folder and database belong together")
    bind.add_argument("--yes", action="store_true", help="bind them without asking")
    bind.set_defaults(request=lambda options: Bind(options.yes))
    new_key = commands.add_parser("new-key", help="make a key for patients' pseudonyms")
    new_key.add_argument("file", type=Path)
    new_key.set_defaults(request=lambda options: NewKey(options.file))
    reidentify = commands.add_parser(
        "reidentify", help="print whom a pseudonym stands for; needs the key"
    )
    reidentify.add_argument("pseudonym", help="of a patient, a file, a study, or a case's id")
    reidentify.set_defaults(request=lambda options: Reidentify(options.pseudonym))
    _add_models(commands.add_parser("models", help="list, add or choose models"))
    _add_users(commands.add_parser("users", help="who may sign in, and with which roles"))
    _add_dicom_out(
        commands.add_parser("dicom-out", help="write a signed read as DICOM objects into a folder")
    )
    add_archives(
        commands.add_parser("archives", help="list, search and bring in studies over DICOMweb")
    )
    add_outbox(
        commands.add_parser("outbox", help="signed reads on their way to the site's archives")
    )
    _add_tokens(commands.add_parser("tokens", help="how programs come in, over HTTP"))
    _add_audit(commands.add_parser("audit", help="verify the audit, or note its head outside"))
    return parser


def _workers(text: str) -> int:
    number = int(text)
    if not 0 <= number <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"give a number from 0 to {MOST_WORKERS}")
    return number


def _device(text: str) -> str:
    if not re.fullmatch(r"cpu|cuda(:\d{1,3})?", text):
        raise argparse.ArgumentTypeError("give cpu, cuda, or cuda:N with a number for N")
    return text


def _add_store(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    backup = commands.add_parser(
        "backup", help="write a backup of the database into the data folder, or of all elsewhere"
    )
    backup.add_argument(
        "--to", type=Path, metavar="FOLDER", help="database, stored files and models, into FOLDER"
    )
    backup.set_defaults(request=lambda options: Backup(options.to))
    verifying = commands.add_parser(
        "verify-backup", help="find what was changed in a backup of all, and name it"
    )
    verifying.add_argument("backup", type=Path)
    verifying.set_defaults(request=lambda options: VerifyBackup(options.backup))
    restore = commands.add_parser(
        "restore", help="put a backup in the place of what is there; the server must be stopped"
    )
    restore.add_argument("backup", type=Path)
    restore.add_argument(
        "--anyway", action="store_true", help="also one that belongs to another data folder"
    )
    restore.set_defaults(request=lambda options: Restore(options.backup, options.anyway))
    checking = commands.add_parser(
        "check", help="find stored files and models that were changed, and name them"
    )
    checking.set_defaults(request=lambda options: CheckStore())
    sealing = commands.add_parser(
        "seal", help="turn the stored files over to the key that is named, or to plain ones"
    )
    sealing.set_defaults(request=lambda options: TurnOver())
    retention = commands.add_parser(
        "retention", help="what is due to go by the site's rule; nothing goes without --apply"
    )
    retention.add_argument("--apply", metavar="PLAN", help="delete what the dry run named")
    retention.set_defaults(request=lambda options: Retain(options.apply))


def _orphans(options: argparse.Namespace) -> Request:
    return DeleteOrphans(options.yes) if options.action == "delete" else ListOrphans()


def _add_models(models: argparse.ArgumentParser) -> None:
    actions = models.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="all models; the active one has a star")
    listing.set_defaults(request=lambda options: ListModels())
    adding = actions.add_parser("add", help="check a model's folder and copy it")
    adding.add_argument("folder", type=Path)
    adding.add_argument("--activate", action="store_true", help="and read new uploads with it")
    adding.set_defaults(request=lambda options: AddModel(options.folder, options.activate))
    choosing = actions.add_parser("activate", help="read new uploads with this model")
    choosing.add_argument("name")
    choosing.set_defaults(request=lambda options: ActivateModel(options.name))
    key = actions.add_parser("key", help="make a key that signs models, and print its public half")
    key.add_argument("file", type=Path, help="for the private half; only its owner can read it")
    key.set_defaults(request=lambda options: MakeKey(options.file))
    signing = actions.add_parser("sign", help="sign a model's folder")
    signing.add_argument("folder", type=Path)
    signing.add_argument("--key", type=Path, required=True, help="the file of “models key”")
    signing.set_defaults(request=lambda options: SignModel(options.folder, options.key))


def _add_users(users: argparse.ArgumentParser) -> None:
    actions = users.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="every user with their roles")
    listing.set_defaults(request=lambda options: ListUsers())
    adding = actions.add_parser("add", help="add a user; prints the link to set a password")
    roles = actions.add_parser("roles", help="give a user other roles")
    for parser in (adding, roles):
        parser.add_argument("name")
        parser.add_argument(
            "--role", action="append", required=True, help="reader, lead, …; several times"
        )
    adding.set_defaults(request=lambda options: AddUser(options.name, tuple(options.role)))
    roles.set_defaults(request=lambda options: SetRoles(options.name, tuple(options.role)))
    for action, is_disabled in (("disable", True), ("enable", False)):
        parser = actions.add_parser(action, help=f"{action} an account")
        parser.add_argument("name")
        parser.set_defaults(request=lambda options, off=is_disabled: DisableUser(options.name, off))
    resetting = actions.add_parser("reset", help="print a link to set another password")
    resetting.add_argument("name")
    resetting.set_defaults(request=lambda options: ResetUser(options.name))


def _add_dicom_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", help="a case's id, as its page shows it under “More”")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="new or empty")
    parser.add_argument("--frame", type=int, default=1, help="of several, counted from 1")
    parser.add_argument("--revision", type=int, help="its number; the newest when left out")
    parser.set_defaults(
        request=lambda options: DicomOut(options.case, options.out, options.frame, options.revision)
    )


def _add_tokens(tokens: argparse.ArgumentParser) -> None:
    actions = tokens.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="every token, with its person and its end")
    listing.set_defaults(request=lambda options: ListTokens())
    adding = actions.add_parser("add", help="make a token, which is printed once")
    adding.add_argument("title", help="what it is for")
    adding.add_argument(
        "--user", metavar="NAME", help="whose roles it has, where there are accounts"
    )
    adding.add_argument("--days", type=int, metavar="N", help="how long it is valid; 90")
    adding.set_defaults(request=lambda options: AddToken(options.title, options.user, options.days))
    revoking = actions.add_parser("revoke", help="make a token worthless")
    revoking.add_argument("token", help="its id, as the list says")
    revoking.set_defaults(request=lambda options: RevokeToken(options.token))


def _add_audit(audit: argparse.ArgumentParser) -> None:
    actions = audit.add_subparsers(dest="action", required=True)
    verifying = actions.add_parser("verify", help="find what was changed, and say where")
    verifying.add_argument(
        "--anchors", type=Path, metavar="FILE", help="heads that were noted before, to compare"
    )
    verifying.set_defaults(request=lambda options: VerifyAudit(options.anchors))
    head = actions.add_parser("head", help="print the last entry's number and hash as an anchor")
    head.set_defaults(request=lambda options: ShowAuditHead())
    anchoring = actions.add_parser("anchor", help="note the head outside the database")
    anchoring.add_argument("--file", type=Path, help="add it to the end of this file")
    anchoring.add_argument(
        "--syslog",
        nargs="?",
        const="/dev/log",
        metavar="ADDRESS",
        help="hand it to the system log: a socket, or HOST:PORT; /dev/log when left out",
    )
    anchoring.set_defaults(request=lambda options: _anchor(anchoring, options))


def _anchor(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Request:
    if options.file is None and options.syslog is None:
        parser.error("say where: --file FILE, --syslog, or both")
    return AnchorAudit(options.file, options.syslog)
