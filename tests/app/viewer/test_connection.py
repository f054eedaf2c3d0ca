"""The notice's words and its code are ours."""

from app.viewer.assets import viewer_assets
from app.viewer.connection import ENTRIES, LOST


def test_the_notice_is_loaded_from_our_own_route_and_speaks_of_no_program() -> None:
    assets = viewer_assets()
    assert f"/api/viewer/{assets.digest}/connection.js" in assets.connection_loader
    assert b"as mount}" in assets.modules["connection.js"]
    assert "streamlit" not in f"{LOST} {ENTRIES}".lower()
