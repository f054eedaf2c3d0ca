"""The script that Streamlit runs for every reader: navigation, then the chosen page."""

from pathlib import Path

import streamlit as st

from app.views.shared.errors import show_errors
from app.views.shared.header import draw_page_header

# A Material icon would be loaded from Google's fonts; this file is our own.
ICON = Path(__file__).parent / "views" / "icon.svg"

st.set_page_config(page_title="DProtoNet Review", page_icon=str(ICON), layout="wide")
page = st.navigation(
    [
        st.Page("views/review/page.py", title="Review", icon=":material/radiology:", default=True),
        st.Page("views/batch/page.py", title="Batch", icon=":material/stacks:", url_path="batch"),
        st.Page(
            "views/annotations/page.py",
            title="Annotations",
            icon=":material/edit_note:",
            url_path="annotations",
        ),
        st.Page(
            "views/model/page.py",
            title="Model",
            icon=":material/model_training:",
            url_path="model",
        ),
        st.Page("views/audit/page.py", title="Audit", icon=":material/history:", url_path="audit"),
    ],
    position="top",
)
with show_errors():
    draw_page_header()
    page.run()
