"""What can go wrong with an archive, as sentences that quote nothing of what it said or was asked.

Texts of the errors below these name addresses, and so whom was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.archives.archive import Archive
from dprotonet.errors import ReadableError


class ArchiveError(ReadableError):
    """An archive could not do what it was asked."""

    is_passing = False
    """It may go well at another time, with nothing changed."""


class Unreachable(ArchiveError):
    """It gives no answer, breaks off, or is too busy."""

    is_passing = True


class Denied(ArchiveError):
    """It does not know this program, or does not let it."""


class NotThere(ArchiveError):
    """It has no such study, series or instance, or nothing at this address."""


class BadAnswer(ArchiveError):
    """It answers in a way that cannot be used: too much, broken, or not DICOMweb."""


@contextmanager
def readable(archive: Archive) -> Iterator[None]:
    """Turn errors of the network, of HTTP and of the client into the sentences of above."""
    from requests import ConnectionError, HTTPError, RequestException, Timeout
    from requests.exceptions import SSLError
    from requests.packages.urllib3 import exceptions as below

    name = archive.name
    try:
        yield
    except ArchiveError:
        raise
    except HTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        raise of_status(name, status) from None
    except SSLError:
        raise BadAnswer(
            f"The certificate of the archive {name} is not one that is trusted here. Name the "
            "authority that signed it as ca_file in its settings."
        ) from None
    except (Timeout, below.TimeoutError):
        raise Unreachable(
            f"The archive {name} gave no answer for {archive.timeout:.0f} s. Try again later, or "
            "give it a larger timeout_seconds."
        ) from None
    except (ConnectionError, below.ProtocolError):
        raise Unreachable(
            f"The archive {name} cannot be reached, or broke off. See that it runs and that its "
            "address is right, then try again."
        ) from None
    except (
        RequestException,
        below.HTTPError,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        RecursionError,  # JSON of many brackets
    ):
        raise BadAnswer(
            f"The archive {name} answers in a way that is not DICOMweb. See that its address is "
            "that of the DICOMweb service."
        ) from None


def of_status(name: str, status: int) -> ArchiveError:
    """The error of an HTTP status (RFC 9110 section 15)."""
    if status == 401:
        return Denied(f"The archive {name} does not accept the user or token. Correct them.")
    if status == 403:
        return Denied(f"The archive {name} does not allow this. Ask who looks after it.")
    if status in (404, 410):
        return NotThere(
            f"The archive {name} has nothing there. It may have been deleted, or the address is "
            "not that of the DICOMweb service."
        )
    if status in (408, 425, 429, 502, 503, 504):
        return Unreachable(
            f"The archive {name} cannot answer now (HTTP {status}). Try again later."
        )
    if 300 <= status < 400:
        return BadAnswer(
            f"The archive {name} sends on to another address, which is not followed, so that no "
            "password goes there. Give that address in its settings."
        )
    return BadAnswer(
        f"The archive {name} did not take the request (HTTP {status}). See what it supports."
    )
