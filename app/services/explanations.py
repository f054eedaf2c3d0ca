"""Explanations on request: saved ones at once, new ones through the worker.

A reader who waits sees a draft first, which the heatmap that was asked for then replaces.
"""

from __future__ import annotations

from app.domain.bundles import BundleInfo
from app.domain.errors import Refused
from app.domain.explanations import USUAL, SavedExplanation, Tier, at_least, best_of_each_node
from app.domain.instant_maps import is_measured_map
from app.domain.jobs import Job, Work
from app.domain.permissions import needs
from app.services import jobs
from app.services.studies import blinding
from app.services.workplace import Workplace
from dprotonet.errors import WrongRequest
from dprotonet.explain.settings import TIERS


@needs("see cases")
def request(
    workplace: Workplace,
    case_id: str,
    *,
    node: str = "class",
    frame: int = 0,
    tier: Tier = USUAL,
    seed: int = 0,
) -> Job | SavedExplanation:
    """Ask for one node's heatmap.

    Args:
        workplace: where.
        case_id: of the image.
        node: ``class`` (the predicted one), ``class:NAME``, ``prototype:ID``, ``vector:ID``
            or ``concept:NAME``.
        frame: of the image.
        tier: how good a heatmap is wanted.
        seed: of the masks.

    Returns:
        The explanation if this tier's or a better one's is saved, else the job that makes it. A
        saved one is made again by the worker where it is not known whether it marks the same. The
        job's ``explanation_id`` names what can be shown meanwhile; if there is nothing of this
        node yet, the job begins with a draft.

    Raises:
        Forbidden: this reader is to read the image first.
        WrongRequest: the node is not in the model.
        NotFound: the case or its model is gone.
    """
    with workplace.store.read() as tx:
        case = tx.cases.get(case_id)
        case.check_frame(frame)
        blinding.check_shown(workplace, tx, case_id, frame=frame)
        model = case.model
        if model is None:
            raise Refused("No model was chosen for this case yet. Choose one first.")
        prediction = tx.predictions.get(case_id, frame=frame, model=model, site=case.site)
    info = workplace.models.get(model)
    if node.strip() == "class" and prediction is not None:
        node = f"class:{prediction.require_leading()}"
    node = canonical(node, info, predicted=None)
    with workplace.store.read() as tx:
        known = tx.explanations.of_node(case_id, frame=frame, model=model, node=node, seed=seed)
    for wanted in at_least(tier):
        for saved in known:
            if saved.settings_digest == TIERS[wanted].digest:
                with workplace.store.write() as tx:
                    jobs.enqueue_agreement(tx, saved, now=workplace.clock())
                return saved
    # The mask reader's map is no first heatmap of those computed on the image.
    computed = [saved for saved in known if not is_measured_map(saved)]
    best = next(iter(best_of_each_node(computed)), None)
    with workplace.store.write() as tx:
        tx.cases.get(case_id)
        work = Work(
            "explain",
            f"explain:{case_id}:{frame}:{model}:{node}:{seed}:{tier}",
            case_id=case_id,
            frame=frame,
            model=model,
            node=node,
            tier=tier,
            explanation_id=best.explanation_id if best else None,
            seed=seed,
        )
        return jobs.enqueue(tx, work, now=workplace.clock())


@needs("see cases")
def progress(workplace: Workplace, job_id: str) -> Job:
    """The job as it stands; ``explanation_id`` is set once it is done."""
    return jobs.get(workplace, job_id)


@needs("see cases")
def get(workplace: Workplace, explanation_id: str) -> SavedExplanation:
    """One saved explanation.

    Raises:
        Forbidden: this reader is to read the image first.
        NotFound: it went with its case.
    """
    with workplace.store.read() as tx:
        saved = tx.explanations.get(explanation_id)
        blinding.check_shown(workplace, tx, saved.case_id, frame=saved.frame)
        return saved


def canonical(node: str, info: BundleInfo, *, predicted: str | None) -> str:
    """The one text of a node, as the library writes it; the server must not load torch for it.

    Raises:
        WrongRequest: no such class or prototype, or “class” before there is a prediction.
    """
    kind, colon, name = node.strip().partition(":")
    if kind == "class" and not colon:
        if predicted is None:
            raise WrongRequest("There is no prediction yet. Wait for it, or name a class.")
        name = predicted
    prototypes = () if info.concepts else info.prototypes
    known = {
        "class": info.classes,
        "prototype": prototypes,
        "vector": prototypes,
        "concept": info.concepts,
    }
    if kind not in known:
        raise WrongRequest(
            f"“{node}” names nothing that can be explained. "
            "Write class, class:NAME, prototype:ID, vector:ID or concept:NAME."
        )
    if name not in known[kind]:
        what = "prototype" if kind == "vector" else kind
        raise WrongRequest(f"There is no {what} “{name}” in this model. Open the case again.")
    return f"{kind}:{name}"
