"""A status for each way in which taking in an object can end."""

import pytest

from app.domain.errors import DiskFull, Forbidden, NotFound, Unavailable
from app.receiver import answers
from app.receiver.answers import Answer, answer_to
from app.services.deidentify.arrival import Arrival, MayShowText
from dprotonet.errors import NotAnImage, ReaderBusy, UnreadableImage


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DiskFull("x"), 0xA700),
        (Unavailable("x"), 0xA700),
        (ReaderBusy("x"), 0xA700),
        (MemoryError(), 0xA700),
        (NotAnImage("x"), 0xA900),
        (UnreadableImage("x"), 0xC000),
        (MayShowText(Arrival(b"", "x", warnings=("x",))), 0xC001),
        (Forbidden("x"), 0x0124),
        (NotFound("x"), 0x0110),
        (KeyError("x"), 0x0110),
    ],
)
def test_the_kind_of_the_error_decides(error: Exception, status: int) -> None:
    answer = answer_to(error)
    assert answer.status == status
    assert answer.dataset.Status == status and answer.dataset.ErrorComment == answer.comment


def test_only_what_is_stored_is_success() -> None:
    every = [one for one in vars(answers).values() if isinstance(one, Answer)]
    assert [one for one in every if one.status == 0x0000] == [answers.STORED]
    assert "ErrorComment" not in answers.STORED.dataset


def test_a_comment_fits_its_element() -> None:
    with pytest.raises(ValueError, match="64"):
        Answer(0xC000, "x" * 65)
