"""What is typed becomes one typed request."""

import shlex
from pathlib import Path

import pytest

from app.cli.arguments import parse
from app.cli.requests import (
    ActivateModel,
    AddModel,
    AddUser,
    AnchorAudit,
    Backup,
    Bind,
    CheckStore,
    DeleteOrphans,
    DisableUser,
    ListLicences,
    ListModels,
    ListOrphans,
    ListUsers,
    Migrate,
    Request,
    ResetUser,
    Restore,
    Retain,
    Serve,
    SetRoles,
    ShowAuditHead,
    TurnOver,
    VerifyAudit,
    VerifyBackup,
    Work,
)


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("", Serve()),
        ("--workers 0", Serve(0)),
        ("--workers 4", Serve(4)),
        ("worker", Work("cpu")),
        ("worker --device cuda:1", Work("cuda:1")),
        ("migrate", Migrate()),
        ("backup", Backup()),
        ("backup --to disk", Backup(Path("disk"))),
        ("verify-backup disk/b", VerifyBackup(Path("disk/b"))),
        ("check", CheckStore()),
        ("seal", TurnOver()),
        ("retention", Retain(None)),
        ("retention --apply 0a1b", Retain("0a1b")),
        ("licences", ListLicences()),
        ("restore a.dump", Restore(Path("a.dump"), anyway=False)),
        ("restore --anyway a.dump", Restore(Path("a.dump"), anyway=True)),
        ("orphans", ListOrphans()),
        ("orphans list", ListOrphans()),
        ("orphans delete --yes", DeleteOrphans(yes=True)),
        ("bind", Bind(yes=False)),
        ("users list", ListUsers()),
        ("users add ann --role lead --role admin", AddUser("ann", ("lead", "admin"))),
        ("users roles ann --role reader", SetRoles("ann", ("reader",))),
        ("users disable ann", DisableUser("ann", is_disabled=True)),
        ("users enable ann", DisableUser("ann", is_disabled=False)),
        ("users reset ann", ResetUser("ann")),
        ("models list", ListModels()),
        ("models add runs/mine/bundle", AddModel(Path("runs/mine/bundle"), activate=False)),
        ("models add --activate bundle", AddModel(Path("bundle"), activate=True)),
        ("models activate mine", ActivateModel("mine")),
        ("audit verify", VerifyAudit(None)),
        ("audit verify --anchors a.txt", VerifyAudit(Path("a.txt"))),
        ("audit head", ShowAuditHead()),
        ("audit anchor --file a.txt", AnchorAudit(Path("a.txt"), None)),
        ("audit anchor --syslog", AnchorAudit(None, "/dev/log")),
        ("audit anchor --syslog host:514", AnchorAudit(None, "host:514")),
    ],
)
def test_each_command_is_a_request(line: str, request_: Request) -> None:
    assert parse(shlex.split(line)) == request_


@pytest.mark.parametrize(
    "line",
    [
        *("serve", "restore", "orphans remove", "models", "models add", "audit", "audit anchor"),
        *("--workers -1", "--workers many", "--workers 65", "worker --device gpu"),
    ],
)
def test_wrong_usage_ends_with_2(line: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as leaving:
        parse(shlex.split(line))
    assert leaving.value.code == 2 and "usage: python -m app" in capsys.readouterr().err
