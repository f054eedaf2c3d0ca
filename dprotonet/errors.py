"""The errors a person reads: each states the fact, then the mend.

Only :class:`ReadableError` and its kinds reach a page or a record of the command line. A
programming error stays ``ValueError`` or ``TypeError`` and is never turned into one of these.
"""


class ReadableError(Exception):
    """An error whose text is one or two sentences written for the person at the screen."""


class UnreadableImage(ReadableError):
    """A file that should hold an image, but whose pixels cannot be read."""


class NotAnImage(UnreadableImage):
    """An intact file that holds no image: a text, a PDF, a structured report."""


class UnreadableTable(ReadableError):
    """A file that should hold rows of a table, but from which none can be read."""


class ReaderBusy(ReadableError):
    """No reader became free in time. The file may be readable: try again."""


class UnusableBundle(ReadableError):
    """A model on disk that is incomplete, altered, stale or of another format."""


class WrongRequest(ReadableError):
    """A request that names something that is not there, such as an unknown class or prototype."""


class Unexplainable(ReadableError):
    """A network or an image for which no heatmap can be made."""


class Cancelled(Exception):
    """Raised by long work after its ``cancelled`` callback returned True. Not an error to show."""
