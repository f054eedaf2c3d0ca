"""What an S3 store complains of, as sentences for the reader.

What obstore says quotes addresses and the store's answer, so it is never handed on.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from app.domain.errors import Unavailable

log = logging.getLogger(__name__)

AWAY = (
    "The S3 store of the files cannot be reached. Check whether it is running, and whether "
    "DPROTONET_BLOBS, AWS_ENDPOINT_URL and AWS_REGION are right."
)
DENIED = (
    "The S3 store of the files does not let this program in. Check AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY, and that they may list, read, write and delete in the bucket of "
    "DPROTONET_BLOBS."
)
NO_BUCKET = (
    "The bucket that DPROTONET_BLOBS names is not there. Make it in the S3 store, or correct the "
    "name."
)

_REFUSED = re.compile(r"status code: 40[13]\b")


@contextmanager
def s3_errors(name: str = "") -> Iterator[None]:
    """Turn what obstore raises into a readable error.

    Args:
        name: of the file that is asked for.

    Raises:
        FileNotFoundError: there is no such file.
        Unavailable: with the sentence.
    """
    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise _readable(NO_BUCKET, error) from None
        raise FileNotFoundError(name) from None
    except BaseError as error:
        raise _readable(_sentence(error), error) from None


def _sentence(error: BaseError) -> str:
    text = str(error)  # lists and deletions tell a refusal in their text alone
    if isinstance(error, PermissionDeniedError | UnauthenticatedError) or _REFUSED.search(text):
        return DENIED
    return NO_BUCKET if "NoSuchBucket" in text else AWAY


def _readable(sentence: str, error: Exception) -> Unavailable:
    log.error("%s: %s", type(error).__name__, sentence)
    return Unavailable(sentence)
