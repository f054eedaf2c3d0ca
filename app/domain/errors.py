"""Errors of the application whose text is for the person at the screen: the fact, then the mend."""

from dprotonet.errors import ReadableError


class NotFound(ReadableError):
    """Something that was there, or never was: a case, a job, an explanation, a model."""


class Conflict(ReadableError):
    """Somebody else saved in between: nothing was overwritten."""


class Refused(ReadableError):
    """An input or a setting that the rules do not allow, such as a folder outside the list."""
