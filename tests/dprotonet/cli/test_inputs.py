"""Every frame of every file comes in order, or a reason why there is none."""

import pytest

from dprotonet.cli.inputs import ImageFrame, Problem, check_paths, read_images
from dprotonet.errors import WrongRequest
from tests.dprotonet.cli.small_images import write_broken, write_frames, write_png
from tests.dprotonet.images.discs.making import disc


def test_paths_come_in_their_order_and_folders_sorted(tmp_path):
    last = write_png(tmp_path / "z" / "b.png")
    write_png(tmp_path / "z" / "a" / "c.png")
    single = write_png(tmp_path / "single.png")

    frames = list(read_images([single, tmp_path / "z"]))

    assert [frame.source.relative.as_posix() for frame in frames] == [
        "single.png",
        "a/c.png",
        "b.png",
    ]
    assert [frame.source.order for frame in frames] == [1, 2, 2]
    assert frames[2].source.path == last and len(frames[2].sha256) == 64


def test_each_frame_of_a_file_comes_by_itself(tmp_path):
    frames = list(read_images([write_frames(tmp_path / "cine.dcm", frames=3)]))

    assert [frame.frame for frame in frames] == [0, 1, 2]
    assert all(isinstance(frame, ImageFrame) for frame in frames)
    assert len({frame.sha256 for frame in frames}) == 1


def test_a_broken_file_costs_itself_and_one_that_is_no_image_is_skipped(tmp_path):
    write_broken(tmp_path / "a.png")
    (tmp_path / "b.txt").write_text("A note.")
    write_png(tmp_path / "c.png")

    broken, text, image = read_images([tmp_path])

    assert isinstance(broken, Problem) and not broken.skipped and broken.sha256
    assert isinstance(text, Problem) and text.skipped and "not an image" in text.reason
    assert isinstance(image, ImageFrame)


def test_files_of_a_folder_can_be_left_out_and_a_named_file_never(tmp_path):
    image = write_png(tmp_path / "overlay.png")

    assert not list(read_images([tmp_path], leave_out=lambda path: True))
    assert len(list(read_images([image], leave_out=lambda path: True))) == 1


@pytest.mark.parametrize("name", ["missing.png", "a\0b"])
def test_a_path_that_is_not_there_is_refused_before_any_work(tmp_path, name):
    with pytest.raises(WrongRequest):
        check_paths([write_png(tmp_path / "image.png"), tmp_path / name])


def test_a_disc_is_read_as_its_directory_lists_it(tmp_path):
    folder = disc(tmp_path / "disc")
    records = list(read_images([folder]))
    images = [record.source.relative.name for record in records if isinstance(record, ImageFrame)]
    assert images == ["IM1", "IM3", "IM2", "IM4"]
    others = {each.source.relative.name: each for each in records if isinstance(each, Problem)}
    assert others["logo.png"].skipped and others["DICOMDIR"].skipped
    (named,) = read_images([folder / "VIEWER" / "logo.png"])
    assert isinstance(named, ImageFrame)
