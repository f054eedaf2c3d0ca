import pytest

from dprotonet.errors import UnreadableImage
from dprotonet.images.limits import Limits, check_file_size, check_frame, check_grid


def test_the_limits_let_pass_what_they_name_and_not_one_more():
    limits = Limits(file_bytes=100, frame_pixels=50, frames=3, total_pixels=120)
    check_file_size(100, limits)
    check_grid(5, 10, 2, limits)
    for rows, columns, frames in ((51, 1, 1), (1, 1, 4), (5, 10, 3)):
        with pytest.raises(UnreadableImage):
            check_grid(rows, columns, frames, limits)
    with pytest.raises(UnreadableImage):
        check_file_size(101, limits)


def test_only_frames_that_exist_can_be_asked_for():
    check_frame(0, 1)
    for frame in (-1, 1):
        with pytest.raises(UnreadableImage, match="one frame, number 0"):
            check_frame(frame, 1)


def test_a_limit_of_nothing_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="frames"):
        Limits(frames=0)
