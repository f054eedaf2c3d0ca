import os

import pytest

from dprotonet.atomic_files import replacement, write_private, write_whole


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


def test_a_path_written_by_other_code_takes_the_file_s_place_when_the_block_ends(tmp_path):
    target = tmp_path / "made" / "c.txt"

    with replacement(target) as temporary:
        temporary.write_bytes(b"whole")
        assert not target.exists()
        assert temporary.parent == target.parent and temporary.name.startswith(".")

    assert target.read_bytes() == b"whole"
    assert list(target.parent.iterdir()) == [target]


def test_a_block_that_raises_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "c.txt"
    target.write_bytes(b"old")

    with pytest.raises(OSError, match="full"), replacement(target) as temporary:
        temporary.write_bytes(b"half")
        raise OSError("the disk is full")

    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("to_disk", [False, True])
def test_a_file_that_must_outlast_a_power_cut_is_on_the_disk_before_it_is_named(
    tmp_path, monkeypatch, to_disk
):
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (steps.append("on disk"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda *paths: (steps.append("named"), replace(*paths)))

    write_whole(tmp_path / "c.txt", lambda stream: stream.write(b"whole"), to_disk=to_disk)

    assert steps == (["on disk", "named"] if to_disk else ["named"])


def test_a_private_file_is_its_owners_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        write_private(tmp_path / "key", b"a\nb")
    finally:
        os.umask(before)
    assert (tmp_path / "key").read_bytes() == b"a\nb"
    if os.name == "posix":
        assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_private_file_that_is_there_stays(tmp_path):
    write_private(tmp_path / "key", b"first")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "key", b"second")
    assert (tmp_path / "key").read_bytes() == b"first"
