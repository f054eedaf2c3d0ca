"""The upload field as a part of a page: it takes the limits and gives the ids of received files."""

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
    """What the browser reports as sent."""

    ids: tuple[str, ...] = ()
    """In the order in which the files were chosen."""
    failed: int = 0
    """Files that could not be sent; the field says why."""


def upload_field(
    *,
    token: str,
    held: Sequence[str],
    file_bytes: int,
    too_large: str,
    keeps: bool,
    invitation: str,
    key: str,
) -> Upload:
    """Show the field; files go to the server as they are chosen.

    Args:
        token: of the browser session; the field starts again when it changes.
        held: ids that wait on the server; the field forgets all others.
        file_bytes: most bytes of one file; a larger one is not sent.
        too_large: the sentence about a larger one.
        keeps: the page uses the files only when the reader says so, who may also remove them.
        invitation: the sentence over the field.
        key: of the field.
    """
    result = _component(
        key=key,
        data={
            "token": token,
            "held": list(held),
            # The ids that this run of the page knows, so that the field can tell files that were
            # stored from files that the page has not heard of yet.
            "known": list(_known(key)),
            "fileBytes": file_bytes,
            "tooLarge": too_large,
            "keeps": keeps,
            "invitation": invitation,
        },
        default={"sent": None, "renewal": 0},
        on_sent_change=lambda: None,
        on_renewal_change=lambda: None,
    )
    return parse_upload(result.get("sent"))


def _known(key: str) -> tuple[str, ...]:
    state = st.session_state.get(key)
    return parse_upload(state.get("sent")).ids if state is not None else ()


def parse_upload(state: object) -> Upload:
    """The field's state as the browser sent it; what is malformed in it counts as nothing."""
    if not isinstance(state, dict):
        return Upload()
    ids, failed = state.get("ids"), state.get("failed")
    if not isinstance(ids, list) or not isinstance(failed, int):
        return Upload()
    return Upload(tuple(key for key in ids if isinstance(key, str)), failed)
