"""Models: which there are, which is active, and how one is added."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.bundles import BundleInfo
from app.domain.errors import NotFound, Refused
from app.domain.permissions import needs, within
from app.services.audit.recording import record
from app.services.trust.activation import is_decided
from app.services.trust.approval import approval, require_approved
from app.services.trust.stopping import require_running, stop_of
from app.services.workplace import Workplace
from dprotonet.errors import UnusableBundle, WrongRequest

if TYPE_CHECKING:
    from dprotonet.bundle.bundle import Bundle

ACTIVE = "active_model"
FIRST_CHOICE = "nih-pneumonia"
DEMO_MODEL = "chest-phantom"


@needs("see models")
def all(workplace: Workplace) -> tuple[BundleInfo, ...]:
    """All bundles; unusable ones say why in ``problem``."""
    return workplace.models.all()


@needs("see models")
def active(workplace: Workplace) -> BundleInfo | None:
    """The bundle that new uploads are read with; None when there is none at all, none that the
    installation trusts, or it is stopped: then no other takes its place by itself."""
    info = chosen(workplace)
    return None if info is None or stop_of(workplace, info.digest) else info


@needs("see models")
def chosen(workplace: Workplace) -> BundleInfo | None:
    """The same, stopped or not."""
    with workplace.store.read() as tx:
        digest = tx.setting(ACTIVE)
    usable = [info for info in workplace.models.all() if not info.problem]
    usable.sort(key=lambda info: (info.digest != digest, info.name != FIRST_CHOICE))
    # The first one decides in most cases: no page asks for the signatures of all.
    return next((info for info in usable if approval(workplace, info).is_approved), None)


@needs("change models")
def set_active(workplace: Workplace, digest: str) -> BundleInfo:
    """Choose the bundle for new uploads; existing cases keep theirs.

    Where several people sign in, the first one asks for it, and a second one confirms by the same
    call.

    Raises:
        NotFound: it is no longer there.
        Refused: it is not among those that the installation trusts, it is stopped, or the same
            person asked for it before.
    """
    info = usable(workplace, digest)
    with workplace.store.write() as tx:
        if is_decided(workplace, tx, digest):
            tx.set_setting(ACTIVE, digest)
            record(workplace, tx, "model activated", subject=digest, bundle=digest)
    return info


@within
def approved(workplace: Workplace, digest: str) -> BundleInfo:
    """A bundle that images may be read with.

    Raises:
        NotFound: it is no longer there.
        Refused: it is not among those that the installation trusts.
    """
    info = workplace.models.get(digest)
    require_approved(workplace, info)
    return info


@within
def usable(workplace: Workplace, digest: str) -> BundleInfo:
    """A bundle that new images may be read with.

    Raises:
        NotFound: it is no longer there.
        Refused: it is not among those that the installation trusts, or it is stopped.
    """
    info = approved(workplace, digest)
    require_running(workplace, digest, info.name)
    return info


@within
def why_none(workplace: Workplace) -> str:
    """Why there is no model for new images, and what to do."""
    info = chosen(workplace)
    stopped = stop_of(workplace, info.digest) if info is not None else None
    if info is None or stopped is None:
        return "There is no model. Add one with: python -m app models add DIR"
    return (
        f"The model {info.name} {info.short} is {stopped.text} Choose another one, or let a lead "
        "lift the stop on the Model page."
    )


@needs("change models")
def activate(workplace: Workplace, name: str) -> BundleInfo:
    """As ``set_active``, by name or by the first digits of the digest."""
    info = workplace.models.find(name)
    if info is None:
        names = ", ".join(sorted(i.name for i in workplace.models.all() if not i.problem))
        raise NotFound(f"There is no model “{name}”. There are: {names or 'none at all'}.")
    return set_active(workplace, info.digest)


@needs("see models")
def info(workplace: Workplace, digest: str) -> BundleInfo:
    """One bundle."""
    return workplace.models.get(digest)


@needs("see cases")
def bundle(workplace: Workplace, digest: str) -> Bundle:
    """Card, prototypes and gallery of a bundle; the weights stay on disk."""
    return workplace.models.bundle(digest)


@within
def same_prototypes(workplace: Workplace, model: str) -> tuple[str, ...]:
    """Digests of a bundle and of those that it came from with its prototypes as they are."""
    return workplace.models.bundle(model).same_prototypes


@needs("change models")
def add(workplace: Workplace, folder: Path) -> BundleInfo:
    """Check a bundle and copy it among the user's models, whole or not at all.

    Raises:
        UnusableBundle: a part is missing, altered or stale; the sentence says which.
        Refused: there is another bundle of this name.
    """
    from dprotonet.bundle.bundle import Bundle

    checked = Bundle.load(folder, with_model=False)
    home = workplace.settings.own_models
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = home / safe_name(checked.name)
    if target.exists():
        if _digest_of(target) == checked.digest:
            return workplace.models.get(checked.digest)
        raise Refused(
            f"A model named “{checked.name}” already exists, with other contents. "
            f"Give the new one another name, or remove {target}."
        )
    staged = home / f".{uuid.uuid4().hex}"
    try:
        shutil.copytree(folder, staged)
        Bundle.load(staged, with_model=False)
        with workplace.store.write() as tx:
            record(workplace, tx, "model added", subject=checked.digest, bundle=checked.digest)
            staged.rename(target)
    except shutil.Error:  # a list of what each file failed with, a full disk among it
        raise Refused(
            "The model could not be copied whole, so it was not added. Check whether the disk is "
            "full and whether this user may read all its files, then add it again."
        ) from None
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return workplace.models.get(checked.digest)


def safe_name(name: str) -> str:
    """A folder's name made of a model's name."""
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in name).strip(".-")
    if not kept:
        raise WrongRequest(f"The model's name “{name}” cannot name a folder. Give it letters.")
    return kept[:100]


def _digest_of(folder: Path) -> str:
    from dprotonet.bundle.bundle import Bundle

    try:
        return str(Bundle.load(folder, with_model=False).digest)
    except UnusableBundle:
        return ""
