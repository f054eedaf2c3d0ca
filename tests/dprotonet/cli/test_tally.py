"""The exit status and the closing line follow the counts."""

import logging
from pathlib import Path, PurePath

import numpy as np
import pytest

from dprotonet.cli.inputs import ImageFrame, InputFile, Problem
from dprotonet.cli.tally import Tally
from dprotonet.images.types import GrayOrColourImage, ImageFacts

FILE = InputFile(Path("a.png"), PurePath("a.png"), 1)
FACTS = ImageFacts("png", 1, 1, 1, True, 8)
IMAGE = GrayOrColourImage(np.zeros((1, 1, 3), np.uint8), (), False, None, FACTS)
FRAME = ImageFrame(FILE, 0, "0" * 64, IMAGE)


def problem(*, skipped: bool) -> Problem:
    return Problem(FILE, 0, None, "It cannot be read.", skipped)


@pytest.mark.parametrize(
    ("outcomes", "status", "line"),
    [
        ([], 0, "0 frames done, 0 failed, 0 skipped"),
        ([FRAME, FRAME, problem(skipped=True)], 0, "2 frames done, 0 failed, 1 skipped"),
        ([FRAME, problem(skipped=False)], 1, "1 frames done, 1 failed, 0 skipped"),
    ],
)
def test_one_image_that_failed_is_a_failure_and_a_skipped_one_is_none(
    outcomes, status, line, caplog
):
    caplog.set_level(logging.INFO, logger="dprotonet")
    tally = Tally()
    for outcome in outcomes:
        tally.count(outcome)

    assert tally.close() == status
    assert line in caplog.text


def test_a_frame_with_several_records_counts_once_and_one_that_failed_in_the_end_as_failed(caplog):
    caplog.set_level(logging.INFO, logger="dprotonet")
    tally = Tally()
    made = {"node": "class"}
    tally.count_records([{"frame": 0, **made}, {"frame": 0, **made}, {"frame": 1, **made}])
    tally.count_records([{"frame": 0, **made}, {"frame": 0, "error": "The disk is full."}])
    tally.count_records([{"frame": 0, "skipped": "A text."}])

    assert tally.close() == 1
    assert "2 frames done, 1 failed, 1 skipped" in caplog.text
