"""``predict``: what the model says of every frame."""

import logging
from typing import TextIO

from dprotonet.shell.arguments import PredictRequest
from dprotonet.shell.films import Film, check_paths, read_films
from dprotonet.shell.model import open_predictor
from dprotonet.shell.records import FlatTable, JsonLines, PredictionWriter
from dprotonet.shell.tally import Tally

log = logging.getLogger(__name__)


def predict(request: PredictRequest, stdout: TextIO) -> int:
    """Write one record a frame and give the exit status.

    Raises:
        WrongRequest, UnusableBundle: before any film is read.
    """
    check_paths(request.paths)
    predictor = open_predictor(request.model, request.device)
    bundle = predictor.bundle
    log.info("Model %s %s on %s", bundle.name, bundle.short, request.device)
    writer: PredictionWriter = (
        FlatTable(stdout, bundle.classes) if request.format == "csv" else JsonLines(stdout)
    )
    tally = Tally()
    for film in read_films(request.paths):
        if isinstance(film, Film):
            writer.prediction(film, predictor.predict(film.image))
        else:
            writer.problem(film)
        tally.count(film)
    return tally.close()
