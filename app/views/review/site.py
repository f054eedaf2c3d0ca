"""Under whose calibration and threshold a case is read, and a way to change that."""

from __future__ import annotations

import streamlit as st

from app.domain.cases import Sheet
from app.services import review
from app.services.workplace import Workplace
from app.views.shared.errors import show_errors_on_top


def draw_site(workplace: Workplace, sheet: Sheet) -> None:
    """The site's settings by their date and images; a button where others are in use now."""
    text = site_text(sheet)
    if text:
        st.caption(text)
    if sheet.case.site != sheet.site_in_use:
        label = (
            "Read with this site's threshold"
            if sheet.site_in_use
            else "Read with the model's own threshold"
        )
        st.button(
            label,
            key=f"follow-site-{sheet.case.case_id}",
            type="tertiary",
            icon=":material/tune:",
            help="What new images are read with. The earlier prediction is kept.",
            on_click=_follow,
            args=(workplace, sheet.case.case_id),
        )


def site_text(sheet: Sheet) -> str:
    """Whose threshold it is: of this site, with date and images; of the model where that is not
    what new images are read with; "" where nothing needs to be said."""
    site = sheet.prediction.site if sheet.prediction is not None else None
    if site is not None:
        return f"{site.text[:1].upper()}{site.text[1:]}."
    return "Threshold and calibration of the model." if sheet.site_in_use else ""


def _follow(workplace: Workplace, case_id: str) -> None:
    with show_errors_on_top():
        review.follow_site(workplace, case_id)
