"""A failure is a sentence for the reader and a line in the log, which never quotes contents."""

import errno
import logging

import pytest

from app.domain.errors import DiskFull, Unavailable
from app.services.inference.failures import UNEXPECTED, attempt, is_outage, sentence
from app.services.workplace import Workplace
from app.store.errors import FULL
from dprotonet.errors import UnreadableImage


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UnreadableImage("It is damaged. Export it again."), "It is damaged. Export it again."),
        (OSError(errno.ENOSPC, "No space left on device"), FULL),
        (FileNotFoundError(), "The stored file is missing. Upload it again."),
        (
            MemoryError(),
            "This file needs more memory than there is. Export the image at a smaller size.",
        ),
        (ValueError("Zebrowski"), UNEXPECTED),
    ],
)
def test_every_failure_has_its_sentence(error: Exception, expected: str) -> None:
    assert sentence(error) == expected


def test_the_log_names_an_unexpected_error_and_its_lines_and_no_contents(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def defective(name: str) -> None:
        raise ValueError(name)

    with caplog.at_level(logging.ERROR):
        try:
            defective("".join(("Zebrow", "ski")))
        except ValueError as error:
            sentence(error)
    assert "unexpected ValueError" in caplog.text and "in defective" in caplog.text
    assert "Zebrowski" not in caplog.text


def test_a_full_disk_is_the_error_of_the_work_and_no_outage() -> None:
    assert is_outage(Unavailable("The database cannot be reached."))
    assert not is_outage(DiskFull(FULL)) and not is_outage(ValueError())


def test_an_attempt_that_fails_writes_its_reason_and_stops_nothing(workplace: Workplace) -> None:
    with attempt(workplace, lambda tx, reason: tx.set_setting("reason", reason)):
        raise UnreadableImage("It is damaged. Export it again.")
    with workplace.store.read() as tx:
        assert tx.setting("reason") == "It is damaged. Export it again."


def test_an_attempt_does_not_hold_back_the_end_of_the_program(workplace: Workplace) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        attempt(workplace, lambda tx, reason: tx.set_setting("reason", reason)),
    ):
        raise KeyboardInterrupt
    with workplace.store.read() as tx:
        assert tx.setting("reason") is None
