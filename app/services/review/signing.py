"""The reader's signature: a judgement that becomes a revision."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.annotations import (
    Annotation,
    MoreSaid,
    PrototypeJudgement,
    Verdict,
    check_judgements,
    check_replaced,
    check_revision,
)
from app.domain.bundles import BundleInfo
from app.domain.errors import Refused
from app.domain.permissions import needs
from app.services.audit.recording import record_signature
from app.services.review.reading_with import known_model, prediction_of
from app.services.sending import asking
from app.services.studies import blinding
from app.services.workplace import Workplace


@needs("sign")
def sign(
    workplace: Workplace,
    case_id: str,
    *,
    verdict: Verdict,
    confidence: int,
    expected_revision: int,
    frame: int = 0,
    corrected_label: str | None = None,
    text: str = "",
    prototype_judgements: Mapping[str, PrototypeJudgement] | None = None,
    more: MoreSaid | None = None,
) -> Annotation:
    """Save the reader's judgement as a new revision.

    Args:
        workplace: its reader signs.
        case_id: of the image.
        verdict: accept, reject or supplement; of an image that the model refused: rightly refused
            or wrongly refused.
        confidence: 1 (guess) to 5 (certain).
        expected_revision: the revision the reader saw; 0 for none.
        frame: of the image.
        corrected_label: what the reader says it is.
        text: free.
        prototype_judgements: prototype id to judgement; empty ones are left out.
        more: whether the reason is right, what was drawn and tried; None for nothing.

    Raises:
        Conflict: another revision came in between; nothing was written.
        Forbidden: the newest revision is another reader's, and this one may not replace it; or
            this reader is to read the image first.
        Refused: the revision contradicts itself, names an unknown prototype, or an
            artefact without its kind; or its verdict is on a prediction where the model refused
            the image, or the other way round.
    """
    with workplace.store.read() as tx:
        seen = tx.cases.get(case_id)
        blinding.check_shown(workplace, tx, case_id, frame=frame)
    model = seen.model
    more = more or MoreSaid()
    info = known_model(workplace, model)
    judgements = {
        name: judgement
        for name, judgement in (prototype_judgements or {}).items()
        if not judgement.is_empty
    }
    check_prototypes(judgements, info)
    check_judgements(judgements)
    with workplace.store.write() as tx:
        case = tx.cases.get(case_id)
        case.check_frame(frame)
        if (case.model, case.site) != (model, seen.site):
            raise Refused(
                "The model of this case, or its threshold, was changed just now. Look again, then "
                "sign."
            )
        prediction = prediction_of(tx, case, frame)
        predicted = prediction.label if prediction else None
        support = prediction.support if prediction else None
        corrected = (corrected_label or "").strip()[:200] or None
        check_revision(
            verdict=verdict,
            corrected_label=corrected,
            confidence=confidence,
            text=text,
            predicted_label=predicted,
            is_refused=prediction is not None and not prediction.supported,
            reason=more.reason,
            region=more.region,
            judged_map=more.judged_map,
        )
        unsigned = Annotation(
            case_id=case_id,
            frame=frame,
            revision=expected_revision + 1,
            reader=workplace.reader,
            verdict=verdict,
            corrected_label=corrected,
            confidence=confidence,
            text=text.strip(),
            model=model or "",
            model_name=info.name if info else "",
            predicted_label=predicted,
            predicted_probability=prediction.probability if prediction else None,
            created_at=workplace.clock(),
            prototype_judgements=judgements,
            support=support.verdict if support else None,
            reason=more.reason,
            region=more.region,
            judged_map=more.judged_map,
            marks=more.marks,
            tried=more.tried,
            active_seconds=more.active_seconds,
        )
        replaced = tx.annotations.revisions(case_id, frame=frame)
        asking.after_signing(workplace, tx, unsigned, case)
        signed = record_signature(workplace, tx, unsigned, case)
        if replaced:
            check_replaced(replaced[-1], workplace.actor)
        tx.drafts.remove(case_id, frame=frame, reader=workplace.reader)
        tx.claims.release(case_id, workplace.reader)
        return signed


def check_prototypes(judgements: Mapping[str, PrototypeJudgement], info: BundleInfo | None) -> None:
    """Raise Refused if a judgement is of a prototype that the case's model does not have."""
    unknown = [name for name in judgements if info is None or name not in info.prototypes]
    if unknown:
        raise Refused(
            f"There is no prototype “{unknown[0]}” in this case's model. Open the case again."
        )
