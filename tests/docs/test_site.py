"""The documentation site is built without a warning, needs no network, and names what is there."""

import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

import dprotonet
from tests.paths import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
SOURCE = re.compile(r"[\w/]+\.py|(?:dprotonet|training|app|tests|docs)/[\w/-]*")
STYLE_ADDRESS = re.compile(r"(?:url\(|@import)\s*[\"']?([^\"')\s;]+)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does, but that its tables of contents name no functions.

    They stand in the margin of every page, which takes a quarter of the build.
    """
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    command += ["-D", "toc_object_entries=0"]
    result = subprocess.run(
        [*command, str(ROOT / "docs"), str(folder)], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr[-4000:]
    return folder


class _Fetched(HTMLParser):
    """Addresses that a browser fetches by itself when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        if tag == "link" and values.get("rel") not in ("canonical", "next", "prev", "author"):
            self.addresses.append(values.get("href") or "")
        if tag in ("script", "img", "iframe", "source", "video", "audio", "embed", "object"):
            self.addresses += [values.get("src") or "", values.get("data") or ""]


def fetched(site: Path) -> Iterator[tuple[str, str]]:
    for page in site.rglob("*.html"):
        parser = _Fetched()
        parser.feed(page.read_text(encoding="utf-8"))
        yield from ((page.name, address) for address in parser.addresses)
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        yield from ((sheet.name, address) for address in STYLE_ADDRESS.findall(text))


def test_no_page_of_the_site_fetches_anything_from_another_host(site: Path) -> None:
    addresses = list(fetched(site))
    assert len(addresses) > 100
    assert [(page, url) for page, url in addresses if re.match(r"(https?:)?//", url)] == []


def test_every_module_of_the_library_has_its_place_on_the_api_pages(site: Path) -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (site / "api").glob("*.html"))
    modules = [
        module.name
        for module in pkgutil.walk_packages(dprotonet.__path__, "dprotonet.")
        if not module.name.endswith("__main__")
    ]
    assert len(modules) > 50
    assert [name for name in modules if f'id="module-{name}"' not in pages] == []


def test_a_docstring_becomes_part_of_its_api_page(site: Path) -> None:
    page = (site / "api" / "dprotonet.inference.html").read_text(encoding="utf-8")
    assert "dprotonet.inference.predictor.Predictor" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in LINK.findall(text) if "://" not in link]
    # The API pages are made by the build.
    files = [link for link in links if link and not link.startswith("api/")]
    assert [link for link in files if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_source_file_that_a_page_names_is_there(page: Path) -> None:
    missing = []
    for line in page.read_text(encoding="utf-8").splitlines():
        folder = None
        for name in filter(SOURCE.fullmatch, CODE.findall(line)):
            if "/" in name:  # from the root; names without a folder that follow are its neighbours
                folder = ROOT / name if name.endswith("/") else (ROOT / name).parent
            if folder and not (ROOT / name).exists() and not (folder / name).exists():
                missing.append(name)
    assert missing == []
