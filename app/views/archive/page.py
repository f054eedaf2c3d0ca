"""Archive: what a hospital's archive holds, and bringing studies in."""

import streamlit as st

from app.services.archives import searching
from app.views.archive.search import draw_search
from app.views.archive.studies import draw_studies
from app.views.shared.workplace import current_workplace

workplace = current_workplace()
archives = searching.archives(workplace)
if archives:
    found = draw_search(workplace, archives)
    if found is not None:
        draw_studies(workplace, found)
else:
    st.info(
        "No archive is named. Describe one in a file, and name that in `DPROTONET_ARCHIVES` before "
        "the program starts.",
        icon=":material/cloud_off:",
    )
