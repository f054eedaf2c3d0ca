"""Forms of our own pages."""

from starlette.requests import Request
from starlette.types import Message

from app.server.forms import MOST_BYTES, alert, entries, form, hidden, text_field
from tests.app.asking import run_apart


def read(*pieces: bytes) -> dict[str, str]:
    waiting = list(pieces)

    async def receive() -> Message:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    found: dict[str, str] = {}

    async def work() -> None:
        found.update(await entries(Request({"type": "http", "headers": []}, receive)))

    run_apart(work())
    return found


def test_what_was_entered_comes_by_name() -> None:
    assert read(b"name=a%20b&pass", b"word=%C3%A4%26&empty=") == {
        "name": "a b",
        "password": "ä&",
        "empty": "",
    }
    assert read(b"\xff\xfe=%ff") is not None


def test_a_form_that_is_too_long_is_no_form() -> None:
    assert read(b"a=1&b=", b"x" * MOST_BYTES) == {}


def test_what_somebody_wrote_stays_text_in_a_form() -> None:
    html = form(
        text_field("Name", "name", value='"><b>'), hidden("next", "'\"<"), action="/a", button="<i>"
    )
    assert "<b>" not in html and "<i>" not in html and "&quot;&gt;&lt;b&gt;" in html
    assert alert("") == "" and "&lt;b&gt;" in alert("<b>")
