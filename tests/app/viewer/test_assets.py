import re

from app.viewer.assets import viewer_assets


def test_every_module_that_is_imported_is_served() -> None:
    assets = viewer_assets()
    for content in assets.modules.values():
        for name in re.findall(r'from "\./([^"]+)"', content.decode()):
            assert name in assets.modules


def test_the_loader_asks_for_this_very_version() -> None:
    assets = viewer_assets()
    assert f"/api/viewer/{assets.digest}/index.js" in assets.loader


def test_no_module_speaks_to_another_host() -> None:
    assets = viewer_assets()
    for content in (*assets.modules.values(), assets.style.encode()):
        assert b"http:" not in content
        assert b"https:" not in content
