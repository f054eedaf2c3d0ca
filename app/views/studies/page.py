"""Studies: several readers, from the protocol to the export."""

import streamlit as st

from app.views.shared.workplace import current_workplace
from app.views.studies.new_study import draw_new_study
from app.views.studies.study import draw_study
from app.views.studies.study_list import draw_study_list, open_study

workplace = current_workplace()
left, right = st.columns([0.3, 0.7], gap="medium")
with left:
    draw_study_list(workplace)
with right:
    draw_new_study(workplace)
    draw_study(workplace, open_study(workplace))
