"""The files of reading room and upload field, as ``build.mjs`` makes them out of ``source``.

The address carries a digest of all files, so that a browser may cache them for good and never mixes
two versions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

BUNDLE = Path(__file__).parent / "bundle"
ROUTE = "/api/viewer"


@dataclass(frozen=True)
class ViewerAssets:
    """Everything that the browser needs to show an image and to upload one."""

    modules: Mapping[str, bytes]
    """JavaScript by file name, each complete in itself."""
    room_style: str
    upload_style: str
    digest: str
    """First 16 hex digits of the SHA-256 over all files."""

    @property
    def room_loader(self) -> str:
        """The room's script given to Streamlit: it fetches the module from our own route."""
        return self._loader("room.js", "The reading room")

    @property
    def upload_loader(self) -> str:
        """The same for the upload field."""
        return self._loader("upload.js", "The upload field")

    @property
    def connection_loader(self) -> str:
        """The same for the notice of a lost connection."""
        return self._loader("connection.js", "A part of the page")

    def address(self, entry: str) -> str:
        """Where the browser finds one of the modules."""
        return f"{ROUTE}/{self.digest}/{entry}"

    def _loader(self, entry: str, name: str) -> str:
        return _LOADER.replace("ENTRY", self.address(entry)).replace("NAME", name)


@cache
def viewer_assets() -> ViewerAssets:
    """Read once; the files do not change while the server runs."""
    modules = {path.name: path.read_bytes() for path in sorted(BUNDLE.glob("*.js"))}
    styles = {path.name: path.read_bytes() for path in sorted(BUNDLE.glob("*.css"))}
    digest = hashlib.sha256()
    for name, content in (*modules.items(), *styles.items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return ViewerAssets(
        modules=MappingProxyType(modules),
        upload_style=styles["upload.css"].decode(),
        room_style=styles["room.css"].decode(),
        digest=digest.hexdigest()[:16],
    )


# Streamlit runs this as a module from a blob URL, against which no relative import resolves.
_LOADER = """
export default async function (component) {
  let entry;
  try {
    entry = await import(location.origin + "ENTRY");
  } catch {
    component.parentElement.textContent =
      "NAME could not be loaded. Reload the page.";
    return undefined;
  }
  return entry.mount(component);
}
"""
