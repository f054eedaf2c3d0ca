"""Each kind of error has its status."""

import json

import pytest

from app.domain.errors import Conflict, DiskFull, Forbidden, Missing, NotFound, Refused, Unavailable
from app.server.refusals import refusal
from dprotonet.errors import ReadableError, UnreadableImage


@pytest.mark.parametrize(
    "kind, status",
    [
        *((Forbidden, 403), (NotFound, 404), (Missing, 404), (Conflict, 409)),
        *((Unavailable, 503), (DiskFull, 503), (Refused, 422), (UnreadableImage, 422)),
    ],
)
def test_a_sentence_is_answered_under_the_status_of_its_kind(
    kind: type[ReadableError], status: int
) -> None:
    answer = refusal(kind("The disk is “full”. Free some room."))
    assert answer.status_code == status
    assert json.loads(answer.body) == {"error": "The disk is “full”. Free some room."}
