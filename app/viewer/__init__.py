"""The image viewer: a component of Streamlit, with JavaScript that is bundled from ``source``."""
