"""``predict``: what the model says of every frame."""

from typing import TextIO

from dprotonet.bundle.bundle import Bundle
from dprotonet.cli.arguments import PredictRequest
from dprotonet.cli.inputs import Film, check_paths, read_films
from dprotonet.cli.model import ready
from dprotonet.cli.records import FlatTable, JsonLines, PredictionWriter
from dprotonet.cli.tally import Tally


def predict(request: PredictRequest, stdout: TextIO) -> int:
    """Write one record a frame and give the exit status.

    Raises:
        WrongRequest, UnusableBundle: before any film is read.
    """
    check_paths(request.paths)
    bundle = Bundle.load(request.model, with_model=False)
    predictor = ready(bundle, request.device)
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
