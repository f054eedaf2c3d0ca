"""One file of a batch: taken in, predicted and, where asked for, explained."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from app.domain.cases import Intake, Outcome
from app.domain.explanations import USUAL, leading
from app.domain.jobs import ItemState
from app.domain.permissions import needs
from app.services import originals
from app.services.archives import fetching
from app.services.deidentify.arrival import Arrival
from app.services.inference import interactive, item_source, tries
from app.services.inference.failures import attempt, is_outage, sentence
from app.services.inference.folder_listing import is_unwanted
from app.services.inference.frames import Predictors, Pulse, explain_frame, predict_frame
from app.services.inference.meanwhile import Meanwhile
from app.services.tables import listed
from app.services.tables.arriving import is_table
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.batch_items import ClaimedItem
from dprotonet.errors import Cancelled, NotAnImage
from dprotonet.images.hashes import file_sha256
from dprotonet.inference.prediction import Prediction

log = logging.getLogger(__name__)


@dataclass
class ItemResult:
    """What became of one file, filled in on the way."""

    state: ItemState
    message: str = ""
    case_id: str | None = None
    explanation_id: str | None = None
    file_sha256: str = ""


@needs("run the program")
def run(
    workplace: Workplace, pool: Predictors, item: ClaimedItem, *, stop: Callable[[], bool]
) -> None:
    """Read one claimed file.

    One that cannot be brought to its end, whatever the reason, is tried again and then given up:
    the attempt was counted before it began, so it can stop nothing else.
    """
    with attempt(workplace, lambda tx, why: tx.batch_items.fail(item.item_id, why)):
        _run(workplace, pool, item, stop)


def _run(
    workplace: Workplace, pool: Predictors, item: ClaimedItem, stop: Callable[[], bool]
) -> None:
    result = ItemResult("error")
    beside = Meanwhile(
        lambda: interactive.run_next(workplace, pool, stop=stop),
        lambda: is_unwanted(workplace, item.job, stop),
    )
    away = ""
    try:
        source, result.file_sha256 = _source(workplace, item, beside)
        if isinstance(source, Path) and is_table(source, source.name):
            listed.spread(workplace, item, source, beside=beside)
            return
        if workplace.pseudonyms is not None:
            result.file_sha256 = item.upload_key or ""
        pulse = Pulse(
            workplace,
            item.job.job_id,
            stop,
            is_whole=False,
            gives_way=True,
            between=lambda: tries.run_waiting(workplace, pool),
        )
        _read(workplace, pool, item, source, pulse, result)
    except Cancelled:
        with workplace.store.write() as tx:
            tx.batch_items.put_back(item.item_id)
        return
    except NotAnImage as error:
        result.state, result.message = "skipped", str(error)
    except Exception as error:
        if is_outage(error):
            raise
        result.state, result.message = "error", sentence(error)
        away = fetching.why_away(workplace, item, error, beside)
    with workplace.store.write() as tx:
        freed = tx.batch_items.finish(item.item_id, **asdict(result))
        if away:  # the others would wait for it, one after the other
            tx.batch_items.fail_waiting(item.job.job_id, away)
    originals.release_blobs(workplace, freed)
    log.info("batch %s: one file %s", item.job.job_id, result.state)


def _read(
    workplace: Workplace,
    pool: Predictors,
    item: ClaimedItem,
    source: bytes | Path | Arrival,
    pulse: Pulse,
    result: ItemResult,
) -> None:
    arrival = _intake(workplace, item, source)
    case_id, model = arrival.case_id or "", item.job.model or ""
    result.case_id = case_id
    if workplace.pseudonyms is not None:  # nothing of the file that came is kept, nor its hash
        with workplace.store.read() as tx:
            result.file_sha256 = tx.cases.get(case_id).file_sha256
    prediction = predict_frame(workplace, pool, case_id, frame=0, model=model, site=item.job.site)
    name = prediction.class_to_look_at(workplace.models.get(model).negative_class)
    # An image that the model refused has no class to look at: its heatmaps are made on request.
    if item.explain and name is not None:
        node = f"class:{name}"
        explain_frame(
            workplace,
            pool,
            case_id,
            frame=0,
            model=model,
            node=node,
            tier=USUAL,
            seed=0,
            pulse=pulse,
        )
        with workplace.store.read() as tx:
            # A reader may have had another one made, which this one does not replace.
            known = tx.explanations.of_node(case_id, frame=0, model=model, node=node, seed=0)
        result.explanation_id = leading(known).explanation_id
    with workplace.store.read() as tx:
        frames = tx.cases.get(case_id).facts.frames
    result.state, result.message = ended(prediction, frames, arrival.message)
    if arrival.outcome == "duplicate" and result.state == "done":
        result.state = "duplicate"


def ended(prediction: Prediction, frames: int, remark: str) -> tuple[ItemState, str]:
    """The state and the message of a file whose first frame was predicted.

    Args:
        prediction: of it.
        frames: how many it has.
        remark: what intake said of it; empty for nothing.
    """
    first = f"The first of {frames} frames was read." if frames > 1 else ""
    refusal = "" if prediction.supported else refusal_text(prediction)
    message = " ".join(part for part in (remark, refusal, first) if part)
    return "done" if prediction.supported else "refused", message


def refusal_text(prediction: Prediction) -> str:
    """Why there is no prediction of an image that the model refused."""
    reasons = prediction.support.sentence if prediction.support else ""
    return f"No prediction. {reasons}".strip()


def _intake(workplace: Workplace, item: ClaimedItem, source: bytes | Path | Arrival) -> Intake:
    if item.case_id is not None:
        # An earlier attempt got as far as the case: the file is no duplicate of itself. Of one that
        # was known before it was fetched the message says so.
        known: Outcome = "duplicate" if item.message else "added"
        return Intake(known, item.name, item.case_id, item.message)
    return intake.add(
        workplace,
        source,
        name=item.name,
        source=item_source.kind(workplace, item),
        model=item.job.model,
        site=item.job.site,
        predict=False,
        within=lambda tx, case_id: tx.batch_items.link(item.item_id, case_id),
    )


def _source(
    workplace: Workplace, item: ClaimedItem, beside: Meanwhile
) -> tuple[bytes | Path | Arrival, str]:
    """What the file's bytes can be read from, and their hash."""
    if fetching.is_from_archive(workplace, item):
        data = fetching.fetched(workplace, item, beside)
        return data, "" if workplace.pseudonyms is not None else _sha256(workplace, item, data)
    source = item_source.opened(workplace, item)
    if isinstance(source, Arrival):
        return source, item.upload_key or ""
    return source, "" if workplace.pseudonyms is not None else file_sha256(source)


def _sha256(workplace: Workplace, item: ClaimedItem, data: bytes) -> str:
    if item.case_id is None:
        return file_sha256(data)
    with workplace.store.read() as tx:
        return tx.cases.get(item.case_id).file_sha256
