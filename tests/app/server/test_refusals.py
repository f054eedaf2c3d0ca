"""Each kind of error has its status."""

import json

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from app.domain.errors import Conflict, DiskFull, Forbidden, Missing, NotFound, Refused, Unavailable
from app.server.refusals import NotUnderstood, TooLong, refusal, with_refusals
from dprotonet.errors import ReadableError, UnreadableImage
from tests.app.asking import ask


@pytest.mark.parametrize(
    "kind, status",
    [
        *((Forbidden, 403), (NotFound, 404), (Missing, 404), (Conflict, 409)),
        *((Unavailable, 503), (DiskFull, 503), (Refused, 422), (UnreadableImage, 422)),
        *((NotUnderstood, 400), (TooLong, 413)),
    ],
)
def test_a_sentence_is_answered_under_the_status_of_its_kind(
    kind: type[ReadableError], status: int
) -> None:
    answer = refusal(kind("The disk is “full”. Free some room."))
    assert answer.status_code == status
    assert json.loads(answer.body) == {"error": "The disk is “full”. Free some room."}


def test_a_route_may_have_statuses_of_its_own_and_tell_the_page_more() -> None:
    answer = refusal(DiskFull("It is full."), ((Unavailable, 507),), renew=True)
    assert answer.status_code == 507
    assert json.loads(answer.body) == {"error": "It is full.", "renew": True}
    assert refusal(Refused("It is not."), ((Unavailable, 507),)).status_code == 422


@pytest.mark.parametrize(
    "error, status, body",
    [
        (NotFound("It is gone."), 404, b'{"error":"It is gone."}'),
        (ClientDisconnect(), 400, b""),
    ],
)
def test_an_endpoint_answers_what_its_work_raises(
    error: Exception, status: int, body: bytes
) -> None:
    answer = ask(raising(error), "/")
    assert (answer[0], answer[2]) == (status, body)


def test_a_fault_of_the_program_is_not_answered_as_a_refusal() -> None:
    with pytest.raises(ZeroDivisionError):
        ask(raising(ZeroDivisionError()), "/")


def raising(error: Exception) -> Starlette:
    @with_refusals
    async def endpoint(request: Request) -> Response:
        raise error

    return Starlette(routes=[Route("/", endpoint)])
