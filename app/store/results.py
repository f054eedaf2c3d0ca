"""Predictions and explanations of models, stored with the case that they are of."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.domain.errors import NotFound
from app.domain.explanations import SavedExplanation, tier_of
from app.domain.instant_maps import DrawnMaps
from app.store import case_summary
from app.store.rows import ExplanationEntry, PredictionEntry
from dprotonet.explain.explanation import Agreement, Faithfulness
from dprotonet.inference.prediction import Prediction
from dprotonet.modeling.placement import GridPlacement

# The row keeps in columns what is searched for, and the rest as JSON, by the same names.
COLUMNS = (
    *("case_id", "frame", "pixel_sha256", "model", "node", "tier"),
    *("settings_digest", "seed", "heatmap_key", "drawn_by", "created_at"),
)
FACTS = (
    *("value_before", "value_after", "passes_forward", "passes_backward", "seconds"),
    *("stop_reason", "measuring_seconds", "raw_range", "faithfulness", "peak"),
    *("outside_body", "placement", "agreement"),
)
# What rows of earlier versions lack.
ADDED_LATER: dict[str, Any] = {
    **{"measuring_seconds": 0.0, "peak": None},
    **{"outside_body": None, "agreement": None},
}


class Predictions:
    """The prediction table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, case_id: str, *, frame: int, model: str, site: str = "") -> Prediction | None:
        """A bundle's prediction for a frame, if there is one.

        Args:
            case_id: of the case.
            frame: counted from 0.
            model: digest of the bundle.
            site: digest of the site's settings that it was made under; "" for the bundle's own.
        """
        entry = self._entry(case_id, frame, model, site)
        return None if entry is None else Prediction.from_json(entry.result)

    def maps(self, case_id: str, *, frame: int, model: str) -> DrawnMaps | None:
        """The maps that the bundle's mask reader drew when it predicted a frame, under whatever
        settings of a site, which change none; None where there are none."""
        entry = self._session.scalars(
            select(PredictionEntry)
            .where(
                PredictionEntry.case_id == case_id,
                PredictionEntry.frame == frame,
                PredictionEntry.model == model,
                PredictionEntry.maps_key.is_not(None),
            )
            .order_by(PredictionEntry.id)
            .limit(1)
        ).first()
        if entry is None or entry.maps_key is None:
            return None
        values = {name: _tuple(value) for name, value in (entry.maps or {}).items()}
        return DrawnMaps(entry.maps_key, **values | {"placement": _placement(values["placement"])})

    def save(
        self,
        case_id: str,
        *,
        frame: int,
        model: str,
        prediction: Prediction,
        negative_class: str | None,
        now: datetime,
        maps: DrawnMaps | None = None,
    ) -> None:
        """Write a prediction; an existing one under the same settings stays as it is.

        Args:
            case_id: of the case.
            frame: counted from 0.
            model: digest of the bundle.
            prediction: of this bundle.
            negative_class: the bundle's class that means "nothing found", if it has one.
            now: aware time.
            maps: that the model's mask reader drew in the same pass, whose blob is there. Those of
                an image that the model refused are not kept.
        """
        site = prediction.site.digest if prediction.site else ""
        if self._entry(case_id, frame, model, site) is not None:
            return
        self._session.add(
            prediction_entry(
                case_id,
                frame=frame,
                model=model,
                prediction=prediction,
                negative_class=negative_class,
                now=now,
                maps=maps,
            )
        )
        self._session.flush()
        case_summary.refresh(self._session, case_id)

    def note_findings(self, model: str, negative_class: str | None) -> int:
        """Complete rows that were written before findings had a probability of their own.

        Args:
            model: digest of the bundle that predicted them.
            negative_class: its class that means "nothing found".

        Returns:
            How many rows were completed; at most 500, so that nobody waits long.
        """
        entries = self._session.scalars(
            select(PredictionEntry)
            .where(
                PredictionEntry.model == model,
                PredictionEntry.finding_probability.is_(None),
                PredictionEntry.label.is_not(None),  # a refused image will never have one
            )
            .limit(500)
        ).all()
        for entry in entries:
            prediction = Prediction.from_json(entry.result)
            entry.finding_probability = prediction.probability_of_a_finding(negative_class)
        self._session.flush()
        for case_id in {entry.case_id for entry in entries}:
            case_summary.refresh(self._session, case_id)
        return len(entries)

    def _entry(self, case_id: str, frame: int, model: str, site: str) -> PredictionEntry | None:
        return self._session.scalars(
            select(PredictionEntry).where(
                PredictionEntry.case_id == case_id,
                PredictionEntry.frame == frame,
                PredictionEntry.model == model,
                PredictionEntry.site == site,
            )
        ).first()


def prediction_entry(
    case_id: str,
    *,
    frame: int,
    model: str,
    prediction: Prediction,
    negative_class: str | None,
    now: datetime,
    maps: DrawnMaps | None = None,
) -> PredictionEntry:
    """The row of a prediction; the arguments are those of :meth:`Predictions.save`."""
    prediction = prediction.withheld()
    maps = maps if prediction.supported else None
    support = prediction.support
    return PredictionEntry(
        case_id=case_id,
        frame=frame,
        model=model,
        site=prediction.site.digest if prediction.site else "",
        label=prediction.label,
        probability=prediction.probability,
        finding_probability=prediction.probability_of_a_finding(negative_class),
        support=support.verdict if support else None,
        support_distance=support.distance if support else None,
        support_threshold=support.threshold if support else None,
        result=prediction.to_json(),
        maps_key=maps.key if maps else None,
        maps=_without_key(maps) if maps else None,
        created_at=now,
    )


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
            raise NotFound("This heatmap no longer exists. Ask for it again.")
        return _explanation(entry)

    def of_frame(self, case_id: str, *, frame: int, model: str) -> tuple[SavedExplanation, ...]:
        """All explanations of one frame by one bundle, newest first."""
        return self._newest_first(
            ExplanationEntry.case_id == case_id,
            ExplanationEntry.frame == frame,
            ExplanationEntry.model == model,
        )

    def of_node(
        self, case_id: str, *, frame: int, model: str, node: str, seed: int
    ) -> tuple[SavedExplanation, ...]:
        """All explanations of one node, whatever their settings, newest first."""
        return self._newest_first(
            ExplanationEntry.case_id == case_id,
            ExplanationEntry.frame == frame,
            ExplanationEntry.model == model,
            ExplanationEntry.node == node,
            ExplanationEntry.seed == seed,
        )

    def _newest_first(self, *which: ColumnElement[bool]) -> tuple[SavedExplanation, ...]:
        entries = self._session.scalars(
            select(ExplanationEntry)
            .where(*which)
            .order_by(ExplanationEntry.created_at.desc(), ExplanationEntry.id)
        )
        return tuple(_explanation(entry) for entry in entries)

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
        """The explanation of this node with these settings, if there is one."""
        known = self.of_node(case_id, frame=frame, model=model, node=node, seed=seed)
        same = (saved for saved in known if saved.settings_digest == settings_digest)
        return next(same, None)

    def add(self, new: SavedExplanation) -> None:
        """Write one explanation, whose blob is there."""
        values = asdict(new)
        facts = {name: values[name] for name in FACTS}
        self._session.add(
            ExplanationEntry(
                id=new.explanation_id,
                facts=facts | {"faithfulness": facts["faithfulness"] or {}},
                **{name: values[name] for name in COLUMNS},
            )
        )
        self._session.flush()

    def note_agreement(self, explanation_id: str, agreement: Agreement) -> None:
        """Complete an explanation with what was measured after it was shown; one that is gone is
        left alone."""
        entry = self._session.get(ExplanationEntry, explanation_id)
        if entry is not None:
            entry.facts = entry.facts | {"agreement": asdict(agreement)}
            self._session.flush()


def _explanation(entry: ExplanationEntry) -> SavedExplanation:
    facts = ADDED_LATER | entry.facts
    columns = {name: getattr(entry, name) for name in COLUMNS}
    read = {
        "explanation_id": entry.id,
        "tier": entry.tier or tier_of(entry.settings_digest),
        "faithfulness": Faithfulness.from_saved(facts["faithfulness"]),
        "placement": _placement(facts["placement"]),
        "agreement": Agreement.from_saved(facts["agreement"]),
    }
    return SavedExplanation(**columns | {name: _tuple(facts[name]) for name in FACTS} | read)


def _without_key(maps: DrawnMaps) -> dict[str, Any]:
    """Everything but the column's own."""
    return {name: value for name, value in asdict(maps).items() if name != "key"}


def _placement(saved: dict[str, Any]) -> GridPlacement:
    return GridPlacement(**{name: _tuple(value) for name, value in saved.items()})


def _tuple(value: Any) -> Any:
    """JSON has lists where the program has tuples."""
    return tuple(value) if isinstance(value, list) else value
