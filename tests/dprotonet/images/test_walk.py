from pathlib import Path, PurePath

from dprotonet.images.walk import walk


def test_folders_are_walked_in_order_without_hidden_files(tmp_path: Path):
    for name in ("b/2.dcm", "b/1", "a/x.png", ".hidden/y.png", "b/.z.png", "c.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    result = [file.relative.as_posix() for file in walk([tmp_path])]
    assert result == ["a/x.png", "b/1", "b/2.dcm", "c.txt"]


def test_a_path_that_is_given_is_handed_on_whatever_it_is(tmp_path: Path):
    hidden = tmp_path / ".image"
    hidden.touch()
    missing = tmp_path / "missing"
    result = list(walk([hidden, str(missing)]))
    assert [file.path for file in result] == [hidden, missing]
    assert [file.relative for file in result] == [PurePath(".image"), PurePath("missing")]
