"""The upload field as a part of a page: what may be sent goes in, the ids of what came come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app.viewer.assets import viewer_assets

_ASSETS = viewer_assets()
_component = st.components.v2.component(
    "dprotonet_upload", js=_ASSETS.upload_loader, css=_ASSETS.upload_style
)


@dataclass(frozen=True)
class Upload:
    """What the browser says it has sent."""

    ids: tuple[str, ...] = ()
    """In the order in which the files were chosen."""
    failed: int = 0
    """Files that were chosen too and could not be sent; the field says why."""


def upload_field(
    *, token: str, held: Sequence[str], file_bytes: int, too_large: str, keeps: bool, key: str
) -> Upload:
    """Show the field; files go to the server as they are chosen.

    Args:
        token: of the browser session; another one is a new beginning.
        held: ids that wait on the server: the field forgets what is no longer among them.
        file_bytes: most bytes of one file; a larger one is not sent.
        too_large: the sentence about such a one.
        keeps: the page waits with what was sent until the reader says so, who may also remove it.
    """
    result = _component(
        key=key,
        data={
            "token": token,
            "held": list(held),
            # What this run of the page knows of, so that the field can tell "taken in" from "not
            # heard of yet".
            "known": list(_known(key)),
            "fileBytes": file_bytes,
            "tooLarge": too_large,
            "keeps": keeps,
        },
        default={"sent": None, "renewal": 0},
        on_sent_change=lambda: None,
        on_renewal_change=lambda: None,
    )
    return upload_of(result.get("sent"))


def _known(key: str) -> tuple[str, ...]:
    before = st.session_state.get(key)
    return upload_of(before.get("sent")).ids if before is not None else ()


def upload_of(sent: object) -> Upload:
    """What the browser sent as the field's state; anything odd in it is nothing."""
    if not isinstance(sent, dict):
        return Upload()
    ids, failed = sent.get("ids"), sent.get("failed")
    if not isinstance(ids, list) or not isinstance(failed, int):
        return Upload()
    return Upload(tuple(one for one in ids if isinstance(one, str)), failed)
