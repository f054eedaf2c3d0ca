"""A button that saves a file, which is made when it is pressed and for this person alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from app.services.downloads import offering
from app.services.downloads.offers import Made
from app.services.workplace import Workplace


def draw_download(
    workplace: Workplace,
    label: str,
    use_case: Callable[..., Made],
    *given: Any,
    file_name: str,
    kind: str,
    **named: Any,
) -> None:
    """Draw it.

    Not Streamlit's own button: what that one offers, anybody gets who knows the address.

    Args:
        workplace: of the person who looks at the page.
        label: on the button.
        use_case: makes the file of the workplace and what follows.
        given: frozen values.
        file_name: that the browser saves it under.
        kind: its media type.
        named: as ``given``.
    """
    where = offering.address(workplace, use_case, *given, name=file_name, kind=kind, **named)
    st.link_button(label, where, icon=":material/download:")
