"""The one cookie of this program: a value that only this server can have written."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Literal

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import HTTPConnection

from dprotonet.atomic_files import write_private

KEY_BYTES = 32


class SignedCookie:
    """Writes and reads the cookie.

    Its name has the port: a browser sends the cookies of a host to every port of it, and two
    servers of one machine would overwrite each other's.
    """

    def __init__(
        self,
        key: bytes,
        *,
        port: int,
        life: int,
        purpose: str = "",
        same_site: Literal["Strict", "Lax"] = "Strict",
    ) -> None:
        """Set up.

        Args:
            key: secret bytes that sign.
            port: of the server.
            life: seconds for which a cookie is taken.
            purpose: of a second cookie beside the one that says who somebody is.
            same_site: "Lax" is sent too when a link of another site opens a page here.
        """
        self.name = f"dprotonet-{purpose}{'-' if purpose else ''}{port}"
        self.same_site = same_site
        self.life = life
        self._serializer = URLSafeTimedSerializer(key, salt=self.name)

    def read(self, connection: HTTPConnection) -> str | None:
        """What the cookie says; None without one, or if it is forged, altered or too old."""
        try:
            value = self._serializer.loads(connection.cookies.get(self.name, ""), max_age=self.life)
        except BadData:
            return None
        return value if isinstance(value, str) else None

    def set(self, value: str, *, secure: bool) -> tuple[str, str]:
        """The header that sets it: unreadable to scripts, and not sent from another site.

        Args:
            value: what the cookie says; it is signed, not hidden.
            secure: the browser came by https, and shall send it by https alone.
        """
        signed = self._serializer.dumps(value)
        return self._header(
            signed if isinstance(signed, str) else signed.decode(), self.life, secure
        )

    def clear(self) -> tuple[str, str]:
        """The header that removes it."""
        return self._header("", 0, False)

    def _header(self, value: str, life: int, secure: bool) -> tuple[str, str]:
        parts = [f"{self.name}={value}", "Path=/", f"Max-Age={life}", "HttpOnly"]
        parts.append(f"SameSite={self.same_site}")
        return "Set-Cookie", "; ".join([*parts, "Secure"] if secure else parts)


def signing_key(path: Path) -> bytes:
    """The key in this file, which only its owner can read; the first call makes it.

    Removing the file and starting again makes every cookie worthless.
    """
    key = secrets.token_bytes(KEY_BYTES)
    try:
        write_private(path, key)
    except FileExistsError:
        key = path.read_bytes()
        if len(key) >= KEY_BYTES:
            return key
        path.unlink()  # a start that was cut off had written less
        return signing_key(path)
    return key
