import re

from app.cli.licences import browser_licences
from app.viewer.assets import viewer_assets
from tests.paths import ROOT

SOURCE = ROOT / "app/viewer/source"
SVG = "http://www.w3.org/2000/svg"  # the name of a language, from which nothing is fetched
# Konva names its pages in a warning that it may print; nothing is fetched from there.
NAMED = {"http://konvajs.org/", "https://konvajs.org/docs/posts/Tainted_Canvas.html.", SVG}


def test_a_script_needs_no_other_file() -> None:
    scripts = viewer_assets().modules
    assert {"room.js", "upload.js"} <= scripts.keys()
    for content in scripts.values():
        assert re.findall(rb"""\b(?:from|import)\s*\(?["']\.""", content) == []


def test_the_licence_of_what_is_in_a_script_stands_in_it() -> None:
    script = viewer_assets().modules["room.js"].decode()
    licences = re.findall(r"/\*! (\S+ \S+)\n\n(.*?)\*/", script, re.DOTALL)
    assert [name for name, _ in licences] == [
        f"{one.name} {one.version}" for one in browser_licences()
    ]
    assert all("Permission is hereby granted" in text for _, text in licences)


def test_the_loader_asks_for_this_very_version() -> None:
    assets = viewer_assets()
    assert f"/api/viewer/{assets.digest}/room.js" in assets.room_loader


def test_no_module_speaks_to_another_host() -> None:
    for path in SOURCE.rglob("*.*s"):
        assert re.findall("https?:", path.read_text("utf-8").replace(SVG, "")) == [], path
    assets = viewer_assets()
    for content in (
        *assets.modules.values(),
        assets.room_style.encode(),
        assets.upload_style.encode(),
    ):
        without_licences = re.sub(rb"/\*!.*?\*/", b"", content, flags=re.DOTALL)
        assert set(re.findall(r"https?:[^\s\"'`\\]*", without_licences.decode())) <= NAMED
