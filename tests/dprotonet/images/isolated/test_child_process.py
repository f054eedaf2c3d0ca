"""How long a child may take, and that it starts wherever the library was found."""

import subprocess
import sys

import numpy as np
import pytest

from dprotonet.errors import UnreadableImage
from dprotonet.images.isolated.child_process import Child, ChildLimits
from tests.paths import ROOT


def test_the_time_grows_with_the_pixels_and_the_file_up_to_a_limit():
    limits = ChildLimits(
        cpu_seconds=20, cpu_base=10, cpu_per_megapixel=2, wall_seconds=60, wall_base=30,
        wall_per_megapixel=4, wall_per_megabyte=0.5,
    )  # fmt: skip

    assert limits.cpu(0) == 10 and limits.cpu(3_000_000) == 16 and limits.cpu(10**9) == 20
    assert limits.wall(0, 0) == 30
    assert limits.wall(1_000_000, 2_000_000) == 35
    assert limits.wall(10**9, 0) == 60


@pytest.mark.parametrize("name", ["memory_bytes", "cpu_seconds", "wall_per_megabyte"])
def test_a_limit_of_nothing_is_a_mistake_of_the_caller(name):
    with pytest.raises(ValueError, match=name):
        ChildLimits(**{name: 0})


def test_a_child_that_was_killed_is_an_error_of_the_request_and_another_starts(photo):
    child = Child(ChildLimits())
    request = {"what": "inspect", "limits": {}}
    image = photo(np.zeros((3, 5), np.uint8))
    try:
        assert child.pid is None
        answer, _ = child.ask(request, [image])
        first = child.pid
        with pytest.raises(UnreadableImage, match="stopped the decoder"):
            child.ask({"what": "no such request"})
        assert child.pid is None
        again, _ = child.ask(request, [image])
        assert (answer["facts"]["rows"], answer["facts"]["columns"]) == (3, 5)
        assert again == answer and child.pid not in (None, first)
    finally:
        child.end()
    assert child.pid is None


def test_a_child_starts_where_only_the_parent_s_search_path_leads_to_the_library(photo, tmp_path):
    (tmp_path / "image.png").write_bytes(photo(np.zeros((3, 5), np.uint8)))
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from dprotonet.images.isolated.reader import IsolatedReader\n"
        "with IsolatedReader() as reader: print(reader.read('image.png').shape)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )

    assert done.stdout.strip() == "(3, 5)", done.stderr
