"""What the page of a case has the browser fetch ahead."""

import re
from urllib.parse import urlencode

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from app.server.early_fetch import EarlyFetch
from app.viewer.assets import viewer_assets
from tests.app.asking import ask

CASE = "0123456789abcdef"


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("a page", 503 if b"gone" in scope["query_string"] else 200)(
        scope, receive, send
    )


def links(query: str, *, path: str = "/", method: str = "GET") -> str | None:
    headers = ask(EarlyFetch(page), path, method=method, query=query)[1]
    return headers.get("link")


def test_the_page_of_a_case_names_its_image_and_the_rooms_script() -> None:
    found = links(f"case={CASE}&order=doubt")
    assert found is not None
    image, script = found.split(", ")
    assert image == f"</api/pixels/{CASE}/0>; rel=preload; as=fetch; crossorigin"
    named = re.fullmatch(r"</api/viewer/(\w+)/(room\.js)>; rel=modulepreload", script)
    assert named is not None
    assert named[1] == viewer_assets().digest
    assert named[2] in viewer_assets().modules


@pytest.mark.parametrize(
    "query",
    [
        "",
        "study=0123456789abcdef",
        urlencode({"case": "a>; rel=preload, </elsewhere"}),
        urlencode({"case": "a\r\nSet-Cookie: a=b"}),
        "case=0123456789ABCDEF",
        f"case={'a' * 33}",
        f"case={CASE}&case={CASE}",
        "case=",
    ],
)
def test_no_other_address_does(query: str) -> None:
    assert links(query) is None


def test_nothing_is_named_beside_a_failure_another_page_or_another_request() -> None:
    assert links(f"case={CASE}&gone") is None
    assert links(f"case={CASE}", path="/batch") is None
    assert links(f"case={CASE}", method="HEAD") is None
