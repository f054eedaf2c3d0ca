"""The commands for models: ``models list``, ``models add`` and ``models activate``."""

from __future__ import annotations

from app.cli.database import ready_workplace
from app.cli.requests import ActivateModel, AddModel
from app.domain.bundles import BundleInfo
from app.services import models
from app.services.trust.approval import approval
from app.settings import Settings


def list_models(settings: Settings) -> int:
    """Print every model, the active one with a star."""
    with ready_workplace(settings) as workplace:
        active = models.active(workplace)
        for info in models.all(workplace):
            star = "*" if active and info.digest == active.digest else " "
            said = info.problem or info.title
            if not info.problem and not approval(workplace, info).is_approved:
                said += " (not trusted here)"
            print(f"{star} {info.name}  {info.short or 'unusable'}  {said}")
    return 0


def add(settings: Settings, request: AddModel) -> int:
    """Check a bundle, copy it beside the data and, where asked for, read new uploads with it."""
    with ready_workplace(settings) as workplace:
        info = models.add(workplace, request.folder)
        if request.activate:
            _print_active(models.set_active(workplace, info.digest))
        else:
            print(f"{info.name} {info.short} added: python -m app models activate {info.name}")
    return 0


def activate(settings: Settings, request: ActivateModel) -> int:
    """Read new uploads with another model."""
    with ready_workplace(settings) as workplace:
        _print_active(models.activate(workplace, request.name))
    return 0


def _print_active(info: BundleInfo) -> None:
    print(f"New uploads are read with {info.name} {info.short}.")
