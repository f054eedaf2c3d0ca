"""What the filters of the list can be set to."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.permissions import needs
from app.services.workplace import Workplace

MOST_BATCHES = 50


@dataclass(frozen=True)
class FilterChoices:
    """What there is to choose from, beside models and their classes."""

    views: tuple[tuple[str, str], ...]
    """Every modality with every view there is of it; "" where files say nothing."""
    readers: tuple[str, ...]
    """Who signed something."""
    batches: tuple[tuple[str, str], ...]
    """Id and title of the newest batches."""

    @property
    def modalities(self) -> tuple[str, ...]:
        """Those that files name."""
        return tuple(sorted({modality for modality, _ in self.views if modality}))

    def views_of(self, modality: str | None) -> tuple[str, ...]:
        """The views that files name, of one modality or of all."""
        return tuple(sorted({view for its, view in self.views if view and modality in (None, its)}))


@needs("see cases")
def choices(workplace: Workplace) -> FilterChoices:
    """What there is now."""
    with workplace.store.read() as tx:
        return FilterChoices(
            views=tx.case_list.views(),
            readers=tx.annotations.readers(),
            batches=tx.batches.titles(limit=MOST_BATCHES),
        )
