"""Every command of ``python -m app``, and its exit status."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from app.cli import arguments, requests
from app.cli.archives.requests import (
    CancelSending,
    FetchStudies,
    ListArchives,
    ListOutbox,
    RetrySending,
    SearchArchive,
)
from app.cli.requests import Request
from app.environment import WrongSetting
from app.runtime.log import configure_logging
from app.settings import Settings
from app.store.errors import readable_errors
from dprotonet.errors import ReadableError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 well, 1 not done, 2 wrong usage or setting."""
    request = arguments.parse(argv)
    configure_logging()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A path that the terminal cannot spell is written with its numbers.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return _run(request)
    except WrongSetting as error:
        print(error, file=sys.stderr)
        return 2
    except ReadableError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:  # such as `licences | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(request: Request) -> int:
    if isinstance(request, requests.ListLicences):
        from app.cli import licences

        return licences.list_licences()
    if isinstance(request, requests.MakeKey | requests.SignModel):
        from app.cli import signing

        return signing.run(request, os.environ.get("DPROTONET_KEY_PASSPHRASE", ""))
    if isinstance(request, requests.VerifyBackup):
        from app.cli import whole

        return whole.verify(request)
    os.umask(0o077)  # images and readings are for this user alone
    settings = Settings.from_environment()
    configure_logging(form=settings.log_format)
    with readable_errors():
        return _run_on_data(request, settings)


def _run_on_data(request: Request, settings: Settings) -> int:
    # A command imports what it alone needs: --help and a wrong setting answer at once.
    from app import bootstrap
    from app.cli import (
        audit,
        database,
        dicom_out,
        models,
        patients,
        serve,
        storage,
        tokens,
        upkeep,
        users,
        whole,
        worker,
    )
    from app.cli.archives import commands as archives
    from app.cli.archives import outbox

    bootstrap.prepare_data_folder(settings)
    match request:
        case requests.Migrate():
            return database.migrate(settings)
        case requests.Backup(to=None):
            return database.back_up(settings)
        case requests.Backup():
            return whole.back_up(settings, request)
        case requests.CheckStore():
            return storage.check(settings)
        case requests.TurnOver():
            return storage.turn_over(settings)
        case requests.Retain():
            return storage.retain(settings, request)
        case requests.Restore():
            return upkeep.restore(settings, request)
        case requests.ListOrphans():
            return upkeep.list_orphans(settings)
        case requests.DeleteOrphans():
            return upkeep.delete_orphans(settings, request)
        case requests.Bind():
            return upkeep.bind(settings, request)
        case requests.ListModels():
            return models.list_models(settings)
        case requests.AddModel():
            return models.add(settings, request)
        case requests.ActivateModel():
            return models.activate(settings, request)
        case (
            requests.ListUsers()
            | requests.AddUser()
            | requests.SetRoles()
            | requests.DisableUser()
            | requests.ResetUser()
        ):
            return users.run(settings, request)
        case requests.ListTokens() | requests.AddToken() | requests.RevokeToken():
            return tokens.run(settings, request)
        case requests.VerifyAudit():
            return audit.verify(settings, request)
        case requests.ShowAuditHead():
            return audit.show_head(settings)
        case requests.AnchorAudit():
            return audit.anchor(settings, request)
        case ListArchives() | SearchArchive() | FetchStudies():
            return archives.run(settings, request)
        case requests.DicomOut():
            return dicom_out.write(settings, request)
        case ListOutbox() | RetrySending() | CancelSending():
            return outbox.run(settings, request)
        case requests.NewKey():
            return patients.new_key(settings, request)
        case requests.Reidentify():
            return patients.print_identities(settings, request)
        case requests.Work():
            return worker.run(settings, request)
        case requests.Receive():
            from app.cli.dicom import receive

            return receive.run(settings)
        case requests.Serve():
            count = settings.workers if request.workers is None else request.workers
            return serve.serve(replace(settings, workers=count))
        case _:
            raise ValueError(f"there is no command for {request!r}")
