"""``import``: a classifier that was made elsewhere, kept as a bundle."""

import logging
from typing import TextIO

from dprotonet.cli.records import JsonLines
from dprotonet.cli.travel_arguments import ImportRequest
from dprotonet.errors import WrongRequest

log = logging.getLogger(__name__)


def import_file(request: ImportRequest, stdout: TextIO) -> int:
    """Write the bundle and a record of it, and return the exit status.

    Raises:
        ReadableError: nothing was written; the sentence says why.
    """
    from dprotonet.bundle.classifier.imported import NO_PROTOTYPES, import_classifier

    try:
        bundle = import_classifier(request.file, request.out)
    except OSError as error:
        raise WrongRequest(
            f"{request.out} cannot be written ({error.strerror}): name another folder with --out."
        ) from error
    log.info("Model %s %s in %s. %s", bundle.name, bundle.short, request.out, NO_PROTOTYPES)
    JsonLines(stdout).record(
        {
            "path": str(request.out),
            "name": bundle.name,
            "digest": bundle.digest,
            "classes": list(bundle.classes),
            "prototypes": 0,
        }
    )
    return 0
