"""All records of one file, made in this process: by a worker of a scheduler, or by the command."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import PurePath
from typing import Any, Protocol

from dprotonet.bundle.bundle import Bundle
from dprotonet.cli.arguments import ExplainRequest, PredictRequest
from dprotonet.cli.explain import Explainer
from dprotonet.cli.inputs import ImageFrame, InputFile, read_file
from dprotonet.cli.model import load_predictor
from dprotonet.cli.predict import chosen_site
from dprotonet.cli.recorded.rows import Table, explanation_table, prediction_table
from dprotonet.cli.records import prediction_record, problem_record
from dprotonet.images.isolated.reader import IsolatedReader
from dprotonet.modeling.digests import json_digest

RecordedRequest = PredictRequest | ExplainRequest
_DIFFERS = ("paths", "model", "device", "engine", "format", "out", "records", "scheduler", "site")
"""What of a request does not say which records come out: the model and the site's settings count
by their digests, and the others change nothing in them, but where the files lie."""


class Recorder(Protocol):
    """Makes the records of a file; one thread at a time uses the model."""

    def records(self, source: InputFile, place: PurePath | None) -> list[dict[str, Any]]:
        """The records of every frame, or one that says why there are none.

        Args:
            source: the file.
            place: of an explanation's files, as ``OutputPaths.place`` gave it.
        """


def run_digest(request: RecordedRequest, bundle: Bundle) -> str:
    """What the records are made with, in 32 hexadecimal digits."""
    options = {name: value for name, value in vars(request).items() if name not in _DIFFERS}
    site = chosen_site(request, bundle) if isinstance(request, PredictRequest) else None
    command = type(request).__name__
    if isinstance(request, ExplainRequest):
        options["out"] = str(request.out)
    digest = site.digest if site else ""
    return json_digest([command, bundle.digest, digest, options])[:32]


def table_of(request: RecordedRequest, bundle: Bundle) -> Table:
    """The columns of the records."""
    if isinstance(request, PredictRequest):
        return prediction_table(bundle.classes, names_site=request.site is not None)
    return explanation_table()


def recorder_of(request: RecordedRequest, bundle: Bundle) -> Recorder:
    """Load the model of a request.

    Raises:
        WrongRequest, UnusableBundle: the request cannot be done here.
    """
    if isinstance(request, PredictRequest):
        return _Predictions(request, bundle)
    return _Explanations(request, bundle)


class _Predictions:
    def __init__(self, request: PredictRequest, bundle: Bundle) -> None:
        self._site = chosen_site(request, bundle)
        self._predictor = load_predictor(bundle, request.device, engine=request.engine)
        self._reader, self._model = IsolatedReader(), threading.Lock()

    def records(self, source: InputFile, place: PurePath | None) -> list[dict[str, Any]]:
        made = []
        for image in read_file(source, self._reader, self._predictor.bundle.rows):
            if isinstance(image, ImageFrame):
                with self._model:
                    prediction = self._predictor.predict(image.image, site=self._site)
                made.append(prediction_record(image, prediction))
            else:
                made.append(problem_record(image))
        return made


class _Explanations:
    def __init__(self, request: ExplainRequest, bundle: Bundle) -> None:
        self._explainer, self._rows = Explainer.load(request, bundle), bundle.rows
        self._reader, self._model = IsolatedReader(), threading.Lock()

    def records(self, source: InputFile, place: PurePath | None) -> list[dict[str, Any]]:
        if place is None:
            raise ValueError("an explanation needs a place for its files")
        made: list[dict[str, Any]] = []
        for image in read_file(source, self._reader, self._rows):
            with self._model:
                made += self._explainer.records(image, place)
        return made


def absolute(request: RecordedRequest) -> RecordedRequest:
    """The request with paths that do not depend on the folder in which a process works."""
    if isinstance(request, PredictRequest):
        site = None if request.site is None else request.site.absolute()
        return replace(request, model=request.model.absolute(), site=site)
    return replace(request, model=request.model.absolute(), out=request.out.absolute())
