"""What is asked for by the commands of archives."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.archives.found import Filters


@dataclass(frozen=True)
class ListArchives:
    """``archives list``."""


@dataclass(frozen=True)
class SearchArchive:
    """``archives search``."""

    archive: str
    filters: Filters
    limit: int
    offset: int


@dataclass(frozen=True)
class FetchStudies:
    """``archives fetch``."""

    archive: str
    studies: tuple[str, ...]
    priors: int


ArchivesRequest = ListArchives | SearchArchive | FetchStudies


@dataclass(frozen=True)
class ListOutbox:
    """``outbox list``."""

    all: bool
    """What was sent and cancelled too."""


@dataclass(frozen=True)
class RetrySending:
    """``outbox retry``."""

    sending: str | None
    """Its id; None: all that were refused or failed."""


@dataclass(frozen=True)
class CancelSending:
    """``outbox cancel``."""

    sending: str


OutboxRequest = ListOutbox | RetrySending | CancelSending
