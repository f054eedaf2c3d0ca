"""The image viewer: a component of Streamlit whose browser side is plain modules."""
