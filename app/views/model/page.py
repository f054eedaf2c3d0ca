"""Model: intended use, performance and prototypes of each model."""

import streamlit as st

from app.services import models
from app.views.model.card import draw_card, draw_choice
from app.views.shared.errors import show_errors
from app.views.shared.workplace import current_workplace

workplace = current_workplace()
chosen = draw_choice(workplace)
if chosen is not None:
    with show_errors():
        draw_card(workplace, chosen, models.bundle(workplace, chosen.digest))
else:
    st.info("There is no model yet. Add one with: `python -m app models add DIR`")
