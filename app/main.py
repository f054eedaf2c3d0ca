"""The script that Streamlit runs for every reader: navigation, then the chosen page."""

from pathlib import Path

import streamlit as st

from app.views.parts.errors import told
from app.views.parts.head import head

# A Material icon would be fetched from Google's fonts; this one is our own.
ICON = Path(__file__).parent / "views" / "icon.svg"

st.set_page_config(page_title="DProtoNet Review", page_icon=str(ICON), layout="wide")
page = st.navigation(
    [
        st.Page("views/review.py", title="Review", icon=":material/radiology:", default=True),
        st.Page("views/batch.py", title="Batch", icon=":material/stacks:"),
        st.Page("views/annotations.py", title="Annotations", icon=":material/edit_note:"),
        st.Page("views/model.py", title="Model", icon=":material/model_training:"),
    ],
    position="top",
)
with told():
    head()
    page.run()
