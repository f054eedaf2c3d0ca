"""What can be asked of ``python -m app``: one typed request a command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.cli.archives.requests import ArchivesRequest, OutboxRequest


@dataclass(frozen=True)
class Serve:
    """No command: run the server with its workers."""

    workers: int | None = None
    """How many; None: as DPROTONET_WORKERS says."""


@dataclass(frozen=True)
class Work:
    """``worker``."""

    device: str = "cpu"
    """cpu, cuda, or cuda: and a number."""


@dataclass(frozen=True)
class Receive:
    """``receive``."""


@dataclass(frozen=True)
class Migrate:
    """``migrate``."""


@dataclass(frozen=True)
class Backup:
    """``backup``."""

    to: Path | None = None
    """Folder for a backup of all that is stored; None: of the database alone, in the data."""


@dataclass(frozen=True)
class VerifyBackup:
    """``verify-backup``."""

    backup: Path


@dataclass(frozen=True)
class CheckStore:
    """``check``."""


@dataclass(frozen=True)
class TurnOver:
    """``seal``."""


@dataclass(frozen=True)
class Retain:
    """``retention``."""

    apply: str | None
    """What the dry run printed; None: a dry run."""


@dataclass(frozen=True)
class ListLicences:
    """``licences``."""


@dataclass(frozen=True)
class Restore:
    """``restore``."""

    backup: Path
    anyway: bool
    """Also one that belongs to another data folder."""


@dataclass(frozen=True)
class ListOrphans:
    """``orphans list``."""


@dataclass(frozen=True)
class DeleteOrphans:
    """``orphans delete``."""

    yes: bool
    """Without asking."""


@dataclass(frozen=True)
class Bind:
    """``bind``."""

    yes: bool
    """Without asking."""


@dataclass(frozen=True)
class ListModels:
    """``models list``."""


@dataclass(frozen=True)
class AddModel:
    """``models add``."""

    folder: Path
    activate: bool
    """And read new uploads with it."""


@dataclass(frozen=True)
class ActivateModel:
    """``models activate``."""

    name: str


@dataclass(frozen=True)
class ListTokens:
    """``tokens list``."""


@dataclass(frozen=True)
class AddToken:
    """``tokens add``."""

    title: str
    user: str | None
    days: int | None


@dataclass(frozen=True)
class RevokeToken:
    """``tokens revoke``."""

    token: str


@dataclass(frozen=True)
class VerifyAudit:
    """``audit verify``."""

    anchors: Path | None
    """File of heads that were noted before."""


@dataclass(frozen=True)
class ShowAuditHead:
    """``audit head``."""


@dataclass(frozen=True)
class AnchorAudit:
    """``audit anchor``."""

    file: Path | None
    """Where the head is added."""
    syslog: str | None
    """Socket or HOST:PORT of a system log that gets it."""


@dataclass(frozen=True)
class DicomOut:
    """``dicom-out``."""

    case: str
    out: Path
    frame: int
    """Counted from 1."""
    revision: int | None
    """None: the newest."""


@dataclass(frozen=True)
class MakeKey:
    """``models key``."""

    path: Path


@dataclass(frozen=True)
class SignModel:
    """``models sign``."""

    folder: Path
    key: Path


@dataclass(frozen=True)
class ListUsers:
    """``users list``."""


@dataclass(frozen=True)
class AddUser:
    """``users add``."""

    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class SetRoles:
    """``users roles``."""

    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class DisableUser:
    """``users disable`` and ``users enable``."""

    name: str
    is_disabled: bool


@dataclass(frozen=True)
class ResetUser:
    """``users reset``."""

    name: str


@dataclass(frozen=True)
class NewKey:
    """``new-key``."""

    file: Path


@dataclass(frozen=True)
class Reidentify:
    """``reidentify``."""

    pseudonym: str


Request = (
    Serve
    | Work
    | Receive
    | Migrate
    | Backup
    | VerifyBackup
    | CheckStore
    | TurnOver
    | Retain
    | ListLicences
    | Restore
    | ListOrphans
    | DeleteOrphans
    | Bind
    | ListModels
    | AddModel
    | ActivateModel
    | VerifyAudit
    | ShowAuditHead
    | AnchorAudit
    | DicomOut
    | OutboxRequest
    | MakeKey
    | SignModel
    | ListUsers
    | ListTokens
    | AddToken
    | RevokeToken
    | AddUser
    | SetRoles
    | DisableUser
    | ResetUser
    | NewKey
    | Reidentify
    | ArchivesRequest
)
