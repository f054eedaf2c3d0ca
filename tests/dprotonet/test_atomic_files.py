import pytest

from dprotonet.atomic_files import write_whole


def test_folders_on_the_way_are_made(tmp_path):
    write_whole(tmp_path / "a" / "b" / "c.txt", lambda stream: stream.write(b"whole"))

    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == b"whole"


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "c.txt"
    target.write_bytes(b"old")

    def interrupted(stream):
        stream.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(target, interrupted)

    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_name_as_long_as_the_system_takes_can_be_written(tmp_path):
    target = tmp_path / ("n" * 255)

    write_whole(target, lambda stream: stream.write(b"whole"))

    assert target.read_bytes() == b"whole"


def test_a_file_has_the_permissions_that_any_other_new_file_has(tmp_path):
    (tmp_path / "plain").touch()

    write_whole(tmp_path / "whole", lambda stream: stream.write(b""))

    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode
