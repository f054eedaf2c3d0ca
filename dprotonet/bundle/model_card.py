"""The model card: what a model is for, what it was made from, how well it does, and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from dprotonet.bundle.reader.map_figures import MapFigures, map_figures
from dprotonet.bundle.scope import Scope


@dataclass(frozen=True)
class ModelCard:
    """What a reader must know before trusting a model.

    Attributes:
        title: one line.
        summary: what it tells apart, in a sentence or two.
        intended_use: and what it is not for.
        data: what it was trained on, and how that was split.
        limits: one sentence each.
        licence: of the weights and of the data they came from.
        note_on_classes: what a class's name really covers; empty where the name says all.
        metrics: what ``python -m training evaluate`` found, as JSON values.
        training: recipe, versions, seeds, as JSON values.
        scope: the images it is for; None where the card does not say.
        evaluation: what was measured later of how the model explains itself, as JSON values; under
            "maps" stand the figures that :attr:`map_figures` reads.
    """

    title: str
    summary: str = ""
    intended_use: str = "Research use, not for diagnosis."
    data: str = ""
    limits: tuple[str, ...] = ()
    licence: str = ""
    note_on_classes: str = ""
    metrics: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    scope: Scope | None = None
    evaluation: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "limits", tuple(self.limits))
        for name in ("title", "summary", "intended_use", "data", "licence", "note_on_classes"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name} of a model card must be text.")
        if not all(isinstance(limit, str) for limit in self.limits):
            raise ValueError("Every limit of a model card must be text.")
        if not isinstance(self.metrics, dict) or not isinstance(self.training, dict):
            raise ValueError("metrics and training of a model card must be JSON objects.")
        if not isinstance(self.evaluation, dict):
            raise ValueError("evaluation of a model card must be a JSON object.")
        map_figures(self.evaluation)

    @property
    def map_figures(self) -> Mapping[str, MapFigures]:
        """How often maps held evidence that is known, by what drew them; empty where it was not
        measured."""
        return map_figures(self.evaluation)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        values = {**asdict(self), "limits": list(self.limits)}
        del values["scope"]  # cards from before there were scopes keep their digest
        if not self.evaluation:
            del values["evaluation"]  # and so do those from before there were mask readers
        return values if self.scope is None else {**values, "scope": self.scope.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ModelCard:
        """The card that :meth:`to_json` wrote.

        Raises:
            ValueError: a field is unknown, missing or of another type.
        """
        unknown = set(data) - {item.name for item in fields(cls)}
        if unknown or "title" not in data:
            raise ValueError(f"This is no model card: {sorted(unknown) or 'it has no title'}.")
        scope = data.get("scope")
        return cls(**{**data, "scope": None if scope is None else Scope.from_json(scope)})
