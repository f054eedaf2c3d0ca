"""Which sentence an error of the layers below becomes."""

from __future__ import annotations

import pytest
import requests
from requests.packages import urllib3

from app.domain.archives.archive import Archive
from app.services.archives.errors import BadAnswer, NotThere, Unreachable, of_status, readable

ARCHIVE = Archive("main", *["https://pacs.example"] * 3)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.ConnectTimeout("hidden"), Unreachable),
        (requests.ConnectionError("hidden"), Unreachable),
        (urllib3.exceptions.ReadTimeoutError(None, "hidden", "hidden"), Unreachable),
        (urllib3.exceptions.ProtocolError("hidden"), Unreachable),
        (urllib3.exceptions.DecodeError("hidden"), BadAnswer),
        (requests.exceptions.SSLError("hidden"), BadAnswer),
        (requests.exceptions.InvalidURL("hidden"), BadAnswer),
        (ValueError("hidden"), BadAnswer),
        (KeyError("hidden"), BadAnswer),
        (requests.HTTPError("hidden"), BadAnswer),
        (NotThere("as it is"), NotThere),
    ],
)
def test_each_error_has_a_sentence_that_does_not_quote_it(
    error: Exception, kind: type[Exception]
) -> None:
    with pytest.raises(kind) as caught, readable(ARCHIVE):
        raise error
    assert "hidden" not in str(caught.value)


def test_a_certificate_that_is_not_trusted_is_told_with_the_setting_that_mends_it() -> None:
    with pytest.raises(BadAnswer, match="ca_file"), readable(ARCHIVE):
        raise requests.exceptions.SSLError


def test_every_status_that_is_not_well_has_a_sentence() -> None:
    said = {number: str(of_status("main", number)) for number in range(300, 600)}
    assert all("main" in text and text.endswith(".") for text in said.values())
    assert said[302] != said[401] != said[403] != said[404] != said[409] != said[503]
