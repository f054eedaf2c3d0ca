"""Predictions and explanations: what a model said, kept beside the case it said it of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import NotFound
from app.domain.explanations import GridPlacement, SavedExplanation, tier_of
from app.store import case_summary
from app.store.rows import ExplanationEntry, PredictionEntry
from dprotonet.inference.prediction import Prediction

FACTS = (
    "value_before",
    "value_after",
    "passes_forward",
    "passes_backward",
    "seconds",
    "stop_reason",
)


class Predictions:
    """The prediction table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, case_id: str, *, frame: int, model: str) -> Prediction | None:
        """What a bundle said of a frame, if it was asked."""
        entry = self._entry(case_id, frame, model)
        return None if entry is None else Prediction.from_json(entry.result)

    def save(
        self,
        case_id: str,
        *,
        frame: int,
        model: str,
        prediction: Prediction,
        negative_class: str | None,
        now: datetime,
    ) -> None:
        """Write a prediction; one that is there already stays as it is.

        Args:
            case_id: of the case.
            frame: counted from 0.
            model: digest of the bundle.
            prediction: what it said.
            negative_class: the bundle's class that means "nothing found", if it has one.
            now: aware time.
        """
        if self._entry(case_id, frame, model) is not None:
            return
        self._session.add(
            PredictionEntry(
                case_id=case_id,
                frame=frame,
                model=model,
                label=prediction.label,
                probability=prediction.probability,
                finding_probability=prediction.probability_of_a_finding(negative_class),
                result=prediction.to_json(),
                created_at=now,
            )
        )
        self._session.flush()
        case_summary.refresh(self._session, case_id)

    def note_findings(self, model: str, negative_class: str | None) -> int:
        """Complete rows that were written before findings had a probability of their own.

        Args:
            model: digest of the bundle that said them.
            negative_class: its class that means "nothing found".

        Returns:
            How many rows were completed; at most 500, so that nobody waits long.
        """
        found = self._session.scalars(
            select(PredictionEntry)
            .where(PredictionEntry.model == model, PredictionEntry.finding_probability.is_(None))
            .limit(500)
        ).all()
        for entry in found:
            said = Prediction.from_json(entry.result)
            entry.finding_probability = said.probability_of_a_finding(negative_class)
        self._session.flush()
        for case_id in {entry.case_id for entry in found}:
            case_summary.refresh(self._session, case_id)
        return len(found)

    def _entry(self, case_id: str, frame: int, model: str) -> PredictionEntry | None:
        return self._session.scalars(
            select(PredictionEntry).where(
                PredictionEntry.case_id == case_id,
                PredictionEntry.frame == frame,
                PredictionEntry.model == model,
            )
        ).first()


class Explanations:
    """The explanation table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, explanation_id: str) -> SavedExplanation:
        """One explanation.

        Raises:
            NotFound: it went with its case, or never was.
        """
        entry = self._session.get(ExplanationEntry, explanation_id)
        if entry is None:
            raise NotFound("This heatmap is not there any more. Ask for it again.")
        return _explanation(entry)

    def of_frame(self, case_id: str, *, frame: int, model: str) -> tuple[SavedExplanation, ...]:
        """All saved of one frame with one bundle, newest first."""
        found = self._session.scalars(
            select(ExplanationEntry)
            .where(
                ExplanationEntry.case_id == case_id,
                ExplanationEntry.frame == frame,
                ExplanationEntry.model == model,
            )
            .order_by(ExplanationEntry.created_at.desc(), ExplanationEntry.id)
        )
        return tuple(_explanation(entry) for entry in found)

    def of_node(
        self, case_id: str, *, frame: int, model: str, node: str, seed: int
    ) -> tuple[SavedExplanation, ...]:
        """All saved of one node, whatever their settings, newest first."""
        found = self._session.scalars(
            select(ExplanationEntry)
            .where(
                ExplanationEntry.case_id == case_id,
                ExplanationEntry.frame == frame,
                ExplanationEntry.model == model,
                ExplanationEntry.node == node,
                ExplanationEntry.seed == seed,
            )
            .order_by(ExplanationEntry.created_at.desc(), ExplanationEntry.id)
        )
        return tuple(_explanation(entry) for entry in found)

    def find(
        self,
        case_id: str,
        *,
        frame: int,
        model: str,
        node: str,
        seed: int,
        settings_digest: str,
    ) -> SavedExplanation | None:
        """The same work done before."""
        known = self.of_node(case_id, frame=frame, model=model, node=node, seed=seed)
        return next((one for one in known if one.settings_digest == settings_digest), None)

    def add(self, new: SavedExplanation) -> None:
        """Write one explanation, whose blob is there."""
        facts: dict[str, Any] = {name: getattr(new, name) for name in FACTS}
        facts["measuring_seconds"] = new.measuring_seconds
        facts["raw_range"] = list(new.raw_range)
        facts["faithfulness"] = dict(new.faithfulness)
        facts["peak"] = list(new.peak) if new.peak else None
        facts["outside_body"] = new.outside_body
        facts["placement"] = {
            "stored": list(new.placement.stored),
            "network": new.placement.network,
            "resized": list(new.placement.resized),
            "offset": list(new.placement.offset),
        }
        self._session.add(
            ExplanationEntry(
                id=new.explanation_id,
                case_id=new.case_id,
                frame=new.frame,
                pixel_sha256=new.pixel_sha256,
                model=new.model,
                node=new.node,
                tier=new.tier,
                settings_digest=new.settings_digest,
                seed=new.seed,
                heatmap_key=new.heatmap_key,
                facts=facts,
                created_at=new.created_at,
            )
        )
        self._session.flush()


def _explanation(entry: ExplanationEntry) -> SavedExplanation:
    facts = entry.facts
    place = facts["placement"]
    peak = facts.get("peak")  # not noted in older ones, as little as what lies beside the body
    return SavedExplanation(
        explanation_id=entry.id,
        case_id=entry.case_id,
        frame=entry.frame,
        pixel_sha256=entry.pixel_sha256,
        model=entry.model,
        node=entry.node,
        tier=entry.tier or tier_of(entry.settings_digest),  # type: ignore[arg-type]
        settings_digest=entry.settings_digest,
        seed=entry.seed,
        measuring_seconds=facts.get("measuring_seconds", 0.0),
        raw_range=(facts["raw_range"][0], facts["raw_range"][1]),
        faithfulness=facts["faithfulness"],
        peak=(peak[0], peak[1]) if peak else None,
        outside_body=facts.get("outside_body"),
        placement=GridPlacement(
            stored=(place["stored"][0], place["stored"][1]),
            network=place["network"],
            resized=(place["resized"][0], place["resized"][1]),
            offset=(place["offset"][0], place["offset"][1]),
        ),
        heatmap_key=entry.heatmap_key,
        created_at=entry.created_at,
        **{name: facts[name] for name in FACTS},
    )
