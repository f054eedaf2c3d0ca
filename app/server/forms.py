"""Forms of our own pages: their HTML, and what a browser sends of them."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qsl

from starlette.requests import Request

MOST_BYTES = 10_000  # of a form


async def entries(request: Request) -> dict[str, str]:
    """What was entered, by name; nothing where the request is too long or no form."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def form(*fields: str, action: str, button: str, quiet: bool = False) -> str:
    """A form that is sent to one of our pages."""
    look = ' class="quiet"' if quiet else ""
    return (
        f'<form method="post" action="{escape(action)}">{"".join(fields)}'
        f"<button{look}>{escape(button)}</button></form>"
    )


def text_field(label: str, name: str, *, value: str = "", autocomplete: str = "off") -> str:
    """A line of text."""
    return _field(label, name, "text", value, autocomplete)


def password_field(label: str, name: str, *, new: bool = False) -> str:
    """A password; the browser may offer one that it keeps."""
    return _field(label, name, "password", "", "new-password" if new else "current-password")


def hidden(name: str, value: str) -> str:
    """What the form hands on."""
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def alert(text: str) -> str:
    """Why it did not work; read out at once."""
    return f'<p class="alert" role="alert">{escape(text)}</p>' if text else ""


def _field(label: str, name: str, kind: str, value: str, autocomplete: str) -> str:
    return (
        f"<label>{escape(label)}"
        f'<input type="{kind}" name="{escape(name)}" value="{escape(value)}" required '
        f'maxlength="200" autocomplete="{autocomplete}" autocapitalize="none" spellcheck="false">'
        "</label>"
    )
