"""Users: who may sign in, and with which roles."""

import streamlit as st

from app.services.accounts import users
from app.views.shared.workplace import current_workplace
from app.views.users.accounts import draw_add, draw_change, draw_table

workplace = current_workplace()
everybody = users.all_users(workplace)
draw_table(everybody)
add, change = st.columns(2, gap="large")
with add:
    draw_add(workplace)
with change:
    draw_change(workplace, everybody)
