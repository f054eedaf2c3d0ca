"""May a model read new images here? Only those that the site's list vouches for, where it has one.

A model of ours that two persons changed in the application is vouched for by them, as long as the
one it came from is.
"""

from __future__ import annotations

from app.domain.bundles import BundleInfo
from app.domain.errors import NotFound, Refused
from app.domain.permissions import needs, within
from app.domain.trust import NOT_ASKED_FOR, Approval, TrustList, parse_trust_list
from app.services.trust.signatures import signers
from app.services.workplace import Workplace

_DEEPEST = 100  # versions of versions


@needs("see models")
def approval(workplace: Workplace, info: BundleInfo) -> Approval:
    """Whether a bundle is approved here, and by what.

    Raises:
        Refused: the list cannot be read or understood. Nothing is approved then.
    """
    trusted = trust_list(workplace)
    if trusted is None:
        return NOT_ASKED_FOR
    return _approval(workplace, info, trusted, depth=0)


@within
def require_approved(workplace: Workplace, info: BundleInfo) -> None:
    """Refuse a bundle that is not approved.

    Raises:
        Refused: it is not; the sentence says how it can be.
    """
    if not approval(workplace, info).is_approved:
        raise Refused(
            f"{info.name} {info.short} is not among the models that this installation trusts. It "
            "can be looked at, but reads nothing. Whoever keeps the list of trusted models can "
            f"add “sha256 {info.digest}”, or the key of whoever signed it."
        )


@within
def trust_list(workplace: Workplace) -> TrustList | None:
    """The site's list as it is now; None where no list was asked for."""
    path = workplace.settings.trusted_models
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Refused(
            "The list of trusted models cannot be read, so that no model is trusted. Put the file "
            "of DPROTONET_TRUSTED_MODELS back, readable by this program."
        ) from None
    return parse_trust_list(text)


def _approval(
    workplace: Workplace, info: BundleInfo, trusted: TrustList, *, depth: int
) -> Approval:
    if info.digest in trusted.digests:
        return Approval(True, f"the site's list ({trusted.digests[info.digest]})")
    known = [trusted.keys[key] for key in signers(info.path, info.digest) if key in trusted.keys]
    if known:
        return Approval(True, f"the key of {', '.join(sorted(known))}")
    if info.parent is None or depth == _DEEPEST or not _was_approved_here(workplace, info.digest):
        return Approval(False)
    try:
        parent = workplace.models.get(info.parent)
    except NotFound:
        return Approval(False)
    if not _approval(workplace, parent, trusted, depth=depth + 1).is_approved:
        return Approval(False)
    return Approval(True, "the approval of this change here")


def _was_approved_here(workplace: Workplace, digest: str) -> bool:
    with workplace.store.read() as tx:
        return tx.proposals.approved_version(digest)
