"""Every way to something of a case, taken with the same case, and what came back."""

from __future__ import annotations

import inspect
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from app.domain.annotations import AnnotationFilters
from app.domain.cases import CaseFilters
from app.domain.errors import Forbidden
from app.domain.figures.batch_view import BATCH_ORDERS, BatchFilters
from app.domain.permissions import ANYBODY, DECISION
from app.services.downloads.streamed import Streamed
from app.services.workplace import Workplace
from dprotonet.errors import ReadableError
from dprotonet.images.types import GrayOrColourImage
from dprotonet.inference.prediction import Prediction
from dprotonet.prototypes.own_map import OwnMap
from tests.app.role_walk import use_cases
from tests.app.services.workplaces import FakePool

LABEL, PROBABILITY, REMARK = "Planted7431", 0.7381966, "remark8252 of another reader"
HIDDEN_PLACES = (
    *("image_data.heatmap", "image_data.instant_map", "pictures.own_maps.values"),
    "report.case_report.of_case",
)
"""What gives pixels, in which no text can be searched: these have to refuse."""
CHANGES = (
    *("batches.rename", "batches.resume", "batches.retry", "batches.start_", "batches.delete"),
    *("checks.checking.start", "checks.checking.delete", "checks.site_choice.", "deidentify."),
    *("downloads.", "editing.", "models.activate", "models.add", "models.set_active"),
    *("pictures.attach.attach_uploads", "pictures.attach.detach", "pictures.folder_job.start"),
    *("review.reading_with.follow_site", "review.reading_with.set_case_model"),
    *("review.reading_with.retry_prediction", "review.keeping.delete_case"),
    *("studies.adjudicating.adjudicate", "studies.blinding.set_"),
    *("studies.managing.change", "studies.managing.close_study", "studies.managing.create"),
    *("studies.managing.discard", "studies.managing.open_study", "studies.reading.lock"),
    *("studies.reading.sign_read", "studies.outcomes.set_reference"),
    *("trust.", "uploading.", "accounts."),
    "interventions.",  # a class that is planted is none of the model, so nothing can be tried
    *("room.blind.lock", "room.preferences.", "room.second_read.", "room.signing."),
    *("sending.asking.send", "sending.asking.retry", "sending.asking.cancel", "worklist.claims."),
)
"""What changes something and gives nothing of a case, or is a reader's own act."""
NOT_OF_CASES = (
    *("see models", "manage users", "set up", "see the audit", "reidentify"),
    "search archives",  # what another system says of its own studies
)
OF_PROGRAMS = "run the program"


@dataclass
class PlantedPool(FakePool):
    """Says a label and a probability that stand nowhere else, of the first images it sees."""

    most: int = 100

    def predict(self, model: str, image: GrayOrColourImage, **more: Any) -> Prediction:
        said = super().predict(model, image, **more)
        if said.label is None or len(self.predicted) > self.most:
            return said
        first, *others = said.matches
        corner = OwnMap.of(np.array([[1.0, 0.0], [0.0, 0.0]]))
        return replace(
            said,
            label=LABEL,
            probabilities={"none": 1 - PROBABILITY, LABEL: PROBABILITY},
            logits={"none": 0.0, LABEL: 1.0},
            matches=(replace(first, own_map=corner), *others),
        )


@dataclass
class Walked:
    """What the use cases gave away."""

    revealing: set[str] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)


def walk(workplace: Workplace, given: Mapping[str, Any], secrets: tuple[str, ...]) -> Walked:
    """Ask every use case that this person may ask, with every filter and order.

    Args:
        workplace: of the reader.
        given: an argument of each name.
        secrets: texts that tell something of the model's answer, or of others' reads.
    """
    walked = Walked()
    for name, use_case in sorted(use_cases().items()):
        short = name.removeprefix("app.services.")
        decision = getattr(use_case, DECISION)
        if decision in (None, ANYBODY, OF_PROGRAMS, *NOT_OF_CASES) or short.startswith(CHANGES):
            continue
        walked.asked.add(short)
        for named in variants(use_case, given):
            try:
                said = repr(_content(use_case(workplace, **named)))
            except Forbidden:
                walked.forbidden.add(short)
                continue
            except ReadableError as error:
                said = str(error)
            if any(secret in said for secret in secrets):
                walked.revealing.add(short)
    return walked


def _content(answer: Any) -> Any:
    """What is in a ZIP file that is made while it is sent; any other answer as it is."""
    if not isinstance(answer, Streamed):
        return answer
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.pieces))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def variants(use_case: Callable[..., Any], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The arguments of a use case, once for each filter and order that there is."""
    parameters = list(inspect.signature(use_case).parameters.values())[1:]
    named = {}
    for parameter in parameters:
        if parameter.name in given:
            named[parameter.name] = given[parameter.name]
        else:
            assert parameter.default is not parameter.empty, (
                f"{use_case.__module__}.{use_case.__name__}: give the walk its {parameter.name}, "
                "or name it among what changes something"
            )
    if "format" in {parameter.name for parameter in parameters}:
        return [named | {"format": kind} for kind in ("csv", "json")]
    if "filters" not in {parameter.name for parameter in parameters}:
        return [named]
    if "annotations" in use_case.__module__:
        return [named, named | {"filters": AnnotationFilters(label=LABEL)}]
    if use_case.__module__ == "app.services.batches":
        narrowed = (BatchFilters(label=LABEL), *(BatchFilters(order=one) for one in BATCH_ORDERS))
        return [named, *(named | {"filters": one} for one in narrowed)]
    filters = [CaseFilters(), CaseFilters(label=LABEL), CaseFilters(order="probability")]
    filters += [CaseFilters(status=status) for status in ("new", "refused", "done")]
    filters += [CaseFilters(order="doubt"), CaseFilters(disagreement="model")]
    filters += [CaseFilters(verdict="accept")]
    return [named | {"filters": one} for one in filters]
