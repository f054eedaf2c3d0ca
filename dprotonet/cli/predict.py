"""``predict``: one prediction for each frame."""

from typing import TextIO

from dprotonet.bundle.bundle import Bundle
from dprotonet.cli.arguments import PredictRequest
from dprotonet.cli.inputs import ImageFrame, check_paths, read_images
from dprotonet.cli.model import load_predictor
from dprotonet.cli.records import FlatTable, JsonLines, PredictionWriter
from dprotonet.cli.tally import Tally
from dprotonet.inference.site_settings import SiteSettings, read_site_settings


def predict(request: PredictRequest, stdout: TextIO) -> int:
    """Write one record for each frame and return the exit status.

    Raises:
        WrongRequest, UnusableBundle: before any image is read.
    """
    check_paths(request.paths)
    bundle = Bundle.load(request.model, with_model=False)
    site = chosen_site(request, bundle)
    predictor = load_predictor(bundle, request.device, engine=request.engine)
    writer: PredictionWriter = (
        FlatTable(stdout, bundle.classes, names_site=site is not None)
        if request.format == "csv"
        else JsonLines(stdout)
    )
    tally = Tally()
    for image in read_images(request.paths, rows=bundle.rows):
        if isinstance(image, ImageFrame):
            writer.prediction(image, predictor.predict(image.image, site=site))
        else:
            writer.problem(image)
        tally.count(image)
    return tally.close()


def chosen_site(request: PredictRequest, bundle: Bundle) -> SiteSettings | None:
    """The settings of the site that predictions are made under; None for the model's own.

    Raises:
        WrongRequest: they cannot be read, or are of another model.
    """
    site = None if request.site is None else read_site_settings(request.site)
    if site is not None:
        site.check_bundle(bundle)
    return site
