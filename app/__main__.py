"""``python -m app``: migrations, demo cases, worker and server in one command."""

from __future__ import annotations

import argparse
import io
import logging
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from app.runtime.folder_lock import FolderLock
from app.runtime.log import configure_logging
from app.settings import Settings, WrongSetting
from app.store.errors import in_words
from dprotonet.errors import ReadableError

log = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 well, 1 not done, 2 wrong usage or setting."""
    options = _parser().parse_args(arguments)
    configure_logging()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A path that the terminal cannot spell is told by its numbers.
        sys.stdout.reconfigure(errors="backslashreplace")
    if options.command == "licences":
        return _licences()
    os.umask(0o077)  # images and readings are for this user alone
    try:
        with in_words():
            return _command(Settings.from_environment(), options)
    except WrongSetting as error:
        print(error, file=sys.stderr)
        return 2
    except ReadableError as error:
        print(error, file=sys.stderr)
        return 1


def _command(settings: Settings, options: argparse.Namespace) -> int:
    if options.command == "migrate":
        return _migrate(settings)
    if options.command == "backup":
        return _backup(settings)
    if options.command == "models":
        return _models(settings, options)
    if options.command in ("restore", "orphans", "bind"):
        from app.cli import upkeep

        return upkeep.run(settings, options)
    return _run(settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app",
        description="DProtoNet Review: the web application. Without a command it runs the server. "
        "Settings come from the environment: DPROTONET_DATA, DPROTONET_DATABASE_URL, "
        "DPROTONET_MODELS, DPROTONET_FOLDERS, DPROTONET_ADDRESS, DPROTONET_PORT, "
        "DPROTONET_BEHIND_PROXY, DPROTONET_UPLOAD_FILES, DPROTONET_UPLOAD_MB, DPROTONET_FILE_MB.",
    )
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("migrate", help="bring the database up to date, with a backup before")
    commands.add_parser("backup", help="write a backup of the database into the data folder")
    commands.add_parser("licences", help="list the licences of the installed packages")
    restoring = commands.add_parser(
        "restore", help="put a backup in the database's place; the server must be stopped"
    )
    restoring.add_argument("backup", type=Path)
    restoring.add_argument(
        "--anyway", action="store_true", help="also one that belongs to another data folder"
    )
    aside = commands.add_parser("orphans", help="the files that no row named at a start")
    aside.add_argument("action", nargs="?", choices=("list", "delete"), default="list")
    aside.add_argument("--yes", action="store_true", help="delete them without asking")
    binding = commands.add_parser("bind", help="say that data folder and database belong together")
    binding.add_argument("--yes", action="store_true", help="bind them without asking")
    models = commands.add_parser("models", help="list, add or choose models")
    actions = models.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="all models; the active one has a star")
    adding = actions.add_parser("add", help="check a model's folder and copy it")
    adding.add_argument("folder", type=Path)
    adding.add_argument("--activate", action="store_true", help="and read new uploads with it")
    choosing = actions.add_parser("activate", help="read new uploads with this model")
    choosing.add_argument("name")
    return parser


def _run(settings: Settings) -> int:
    from app import bootstrap
    from app.runtime.supervisor import Supervisor

    _leave_cleanly_on_sigterm()
    bootstrap.prepare_data_folder(settings)
    host = f"[{settings.address}]" if ":" in settings.address else settings.address
    place = f"http://{host}:{settings.port}"
    with FolderLock(settings.server_lock, note=f"{place}, process {os.getpid()}"):
        _upgrade(settings)
        _demo_cases(settings)
        with Supervisor():
            from app.server.asgi import serve

            print(f"DProtoNet Review: {place}", flush=True)
            serve(settings)
    return 0


def _migrate(settings: Settings) -> int:
    from app import bootstrap

    bootstrap.prepare_data_folder(settings)
    with FolderLock(settings.server_lock, note=f"migration, process {os.getpid()}"):
        saved = _upgrade(settings)
        bootstrap.open_workplace(settings).close()  # says whether database and folder fit
    print("The database is up to date." + (f" Backup: {saved}" if saved else ""))
    return 0


def _backup(settings: Settings) -> int:
    from app import bootstrap
    from app.store.backup import backup

    bootstrap.prepare_data_folder(settings)
    print(backup(settings.store_url, settings.backups, now=datetime.now(UTC)))
    return 0


def _models(settings: Settings, options: argparse.Namespace) -> int:
    from app import bootstrap
    from app.services import models

    bootstrap.prepare_data_folder(settings)
    _upgrade(settings)
    workplace = bootstrap.open_workplace(settings)
    try:
        if options.action == "add":
            info = models.add(workplace, options.folder)
            if not options.activate:
                print(f"{info.name} {info.short} added: python -m app models activate {info.name}")
                return 0
            models.set_active(workplace, info.digest)
        if options.action == "activate":
            info = models.activate(workplace, options.name)
        if options.action != "list":
            print(f"New uploads are read with {info.name} {info.short}.")
            return 0
        chosen = models.active(workplace)
        for info in models.all(workplace):
            star = "*" if chosen and info.digest == chosen.digest else " "
            print(f"{star} {info.name}  {info.short or 'unusable'}  {info.problem or info.title}")
        return 0
    finally:
        workplace.close()


def _licences() -> int:
    from app.cli.licences import package_licences, report

    print(report(package_licences()))
    return 0


def _upgrade(settings: Settings) -> Path | None:
    from app.store.migrate import upgrade

    return upgrade(settings.store_url, backups=settings.backups, now=datetime.now(UTC))


def _demo_cases(settings: Settings) -> None:
    from app import bootstrap
    from app.services.demo import add_demo_cases

    workplace = bootstrap.open_workplace(settings)
    try:
        add_demo_cases(workplace)
    finally:
        workplace.close()


def _leave_cleanly_on_sigterm() -> None:
    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
    except BrokenPipeError:  # such as `licences | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
