"""``predict``: one prediction for each frame."""

from typing import TextIO

from dprotonet.bundle.bundle import Bundle
from dprotonet.cli.arguments import PredictRequest
from dprotonet.cli.inputs import ImageFrame, check_paths, read_images
from dprotonet.cli.model import load_predictor
from dprotonet.cli.records import FlatTable, JsonLines, PredictionWriter
from dprotonet.cli.tally import Tally


def predict(request: PredictRequest, stdout: TextIO) -> int:
    """Write one record for each frame and return the exit status.

    Raises:
        WrongRequest, UnusableBundle: before any image is read.
    """
    check_paths(request.paths)
    bundle = Bundle.load(request.model, with_model=False)
    predictor = load_predictor(bundle, request.device)
    writer: PredictionWriter = (
        FlatTable(stdout, bundle.classes) if request.format == "csv" else JsonLines(stdout)
    )
    tally = Tally()
    for image in read_images(request.paths):
        if isinstance(image, ImageFrame):
            writer.prediction(image, predictor.predict(image.image))
        else:
            writer.problem(image)
        tally.count(image)
    return tally.close()
