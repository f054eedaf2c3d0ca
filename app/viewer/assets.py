"""The viewer's browser files: plain modules, served as they are written; there is no bundler.

The address carries a digest of all of them, so a browser may keep them for good and yet never mixes
two versions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

SOURCE = Path(__file__).parent / "source"
ROUTE = "/api/viewer"


@dataclass(frozen=True)
class ViewerAssets:
    """Everything the browser needs to show a film."""

    modules: Mapping[str, bytes]
    """JavaScript by file name."""
    style: str
    digest: str
    """First 16 hex digits of the SHA-256 over all files."""

    @property
    def loader(self) -> str:
        """The script given to Streamlit: it fetches the modules from our own route."""
        return _LOADER.replace("ENTRY", f"{ROUTE}/{self.digest}/index.js")


@cache
def viewer_assets() -> ViewerAssets:
    """Read once; the files do not change while the server runs."""
    modules = {path.name: path.read_bytes() for path in sorted(SOURCE.glob("*.js"))}
    style = (SOURCE / "viewer.css").read_text("utf-8")
    whole = hashlib.sha256()
    for name, content in (*modules.items(), ("viewer.css", style.encode())):
        whole.update(f"{name}\0{len(content)}\0".encode() + content)
    return ViewerAssets(MappingProxyType(modules), style, whole.hexdigest()[:16])


# Streamlit runs this as a module made from a blob, where a relative import has no base.
_LOADER = """
export default async function (component) {
  let entry;
  try {
    entry = await import(location.origin + "ENTRY");
  } catch {
    component.parentElement.textContent =
      "The film viewer could not be loaded. Reload the page to try again.";
    return undefined;
  }
  return entry.mount(component);
}
"""
