"""The script that Streamlit runs for every reader: navigation, then the chosen page."""

from pathlib import Path

import streamlit as st

from app.views.shared.errors import show_errors
from app.views.shared.first_start import draw_first_start
from app.views.shared.header import draw_page_header
from app.views.shared.navigation import note_place, pages_for
from app.views.shared.workplace import current_workplace

# A Material icon would be loaded from Google's fonts; this file is our own.
ICON = Path(__file__).parent / "views" / "icon.svg"

st.set_page_config(page_title="DProtoNet Review", page_icon=str(ICON), layout="wide")
with show_errors():
    workplace = current_workplace()
    pages = pages_for(workplace.actor, has_archives=bool(workplace.settings.archives))
    page = st.navigation(
        [
            st.Page(
                f"views/{folder}/page.py",
                title=title,
                icon=icon,
                default=number == 0,
                url_path=None if number == 0 else folder,
            )
            for number, (folder, title, icon, _) in enumerate(pages)
        ],
        position="hidden" if workplace.awaits_choice else "top",
    )
    note_place(page.title)
    draw_page_header()
    if workplace.awaits_choice:
        draw_first_start(workplace)
    else:
        page.run()
