"""Model: what each model is for, how well it does, and the prototypes it judges by."""

import streamlit as st

from app.services import models
from app.views.model.card import draw_card, draw_choice
from app.views.shared.errors import show_errors
from app.views.shared.workplace import workplace

place = workplace()
chosen = draw_choice(place)
if chosen is not None:
    with show_errors():
        draw_card(place, chosen, models.bundle(place, chosen.digest))
else:
    st.info("There is no model here yet. Add one with: `python -m app models add DIR`")
