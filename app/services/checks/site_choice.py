"""Which calibration and threshold a model is used with: its own, or those of a site.

They are kept in the store beside the bundle, which is never changed. New images are read under what
is in use; a case that was read before keeps what it was read under until somebody changes that.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.domain.audit.entries import Action
from app.domain.checks import SiteState, SiteStep
from app.domain.errors import NotFound, Refused
from app.domain.permissions import needs
from app.services.audit.recording import record
from app.services.workplace import Workplace
from app.store.sql_store import Transaction
from dprotonet.inference.site_settings import SiteSettings

MOST_STEPS = 200  # the latest are kept


def in_use(tx: Transaction, model: str | None) -> str:
    """Digest of the settings that new images are read under; "" for the model's own."""
    return str(_kept(tx, model)["in_use"]) if model else ""


def settings(tx: Transaction, model: str, digest: str) -> SiteSettings:
    """Settings of a model that are or were in use.

    Raises:
        NotFound: they are not kept here, as after a data folder was put together by hand.
        WrongRequest: they were altered.
    """
    known = _kept(tx, model)["known"]
    if digest not in known:
        raise NotFound(
            "The settings of this site that the case is read under are not here. "
            "Read it with the model's own threshold, or check the model again."
        )
    return SiteSettings.from_json({**known[digest], "digest": digest})


@needs("see cases")
def state(workplace: Workplace, model: str) -> SiteState:
    """What is in use for a model, and who changed that."""
    with workplace.store.read() as tx:
        kept = _kept(tx, model)
        digest = str(kept["in_use"])
        chosen = settings(tx, model, digest) if digest else None
    return SiteState(chosen, tuple(SiteStep(**step) for step in kept["steps"]))


@needs("see cases")
def text(workplace: Workplace, model: str, digest: str) -> str:
    """The words for settings that are or were in use; raises as :func:`settings`."""
    with workplace.store.read() as tx:
        return settings(tx, model, digest).stamp.text


@needs("change models")
def use(workplace: Workplace, model: str, chosen: SiteSettings) -> None:
    """Read new images under a site's settings.

    Raises:
        WrongRequest: they were fitted for another model.
        NotFound: the model is no longer installed.
    """
    chosen.check_bundle(workplace.models.bundle(model))
    with workplace.store.write() as tx:
        kept = _kept(tx, model)
        kept["known"][chosen.digest] = chosen.to_json()
        _step(workplace, tx, model, kept, "use", chosen.digest)


@needs("change models")
def stop(workplace: Workplace, model: str) -> None:
    """Read new images with the model's own calibration and threshold again.

    Raises:
        Refused: it is so already.
    """
    with workplace.store.write() as tx:
        kept = _kept(tx, model)
        if not kept["in_use"]:
            raise Refused("The model's own threshold is in use already.")
        _step(workplace, tx, model, kept, "stop", str(kept["in_use"]))


def _step(
    workplace: Workplace,
    tx: Transaction,
    model: str,
    kept: dict[str, Any],
    action: str,
    digest: str,
) -> None:
    kept["in_use"] = digest if action == "use" else ""
    step = SiteStep(action, digest, workplace.reader, workplace.clock().isoformat())
    kept["steps"] = [*kept["steps"], asdict(step)][-MOST_STEPS:]
    tx.set_setting(_key(model), kept)
    done: Action = "site settings used" if action == "use" else "site settings stopped"
    record(workplace, tx, done, subject=model, bundle=model, settings=digest)


def _kept(tx: Transaction, model: str | None) -> dict[str, Any]:
    stored = tx.setting(_key(model or "")) or {}
    return {
        "in_use": stored.get("in_use", ""),
        "known": dict(stored.get("known", {})),
        "steps": list(stored.get("steps", [])),
    }


def _key(model: str) -> str:
    return f"site:{model}"
