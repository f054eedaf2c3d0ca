"""Errors whose text is for the person at the screen: what happened, and what to do."""

from dprotonet.errors import ReadableError


class NotFound(ReadableError):
    """A case, a job, an explanation or a model does not exist, or no longer does."""


class Conflict(ReadableError):
    """Somebody else saved in between: nothing was overwritten."""


class Refused(ReadableError):
    """An input or a setting that the rules do not allow, such as a folder outside the list."""


class Forbidden(ReadableError):
    """This person may not do it; nothing was done."""


class Unavailable(ReadableError):
    """The database or the data folder cannot be used now: gone, read-only, busy or damaged."""


class DiskFull(Unavailable):
    """There is no room for what should be written; nothing of it was kept."""


class Damaged(Unavailable):
    """The database's file is not what it was: a backup has to take its place."""


class Missing(NotFound, FileNotFoundError):
    """A stored file that the database names and that is not in the data folder."""
