"""Files that cannot be opened, and files that are too large."""

from pathlib import Path

import numpy as np
import pytest

from dprotonet.errors import UnreadableImage
from dprotonet.images.hashes import file_sha256
from dprotonet.images.limits import Limits
from dprotonet.images.reader import read_image


def test_a_missing_file_a_folder_and_a_strange_path_are_readable_errors(tmp_path: Path):
    for path, text in ((tmp_path / "no", "no such file"), (tmp_path, "folder"), ("a\0b", "opened")):
        with pytest.raises(UnreadableImage, match=text):
            read_image(path)
        with pytest.raises(UnreadableImage, match=text):
            file_sha256(path)


def test_a_file_over_the_limit_is_not_opened_further(photo):
    data = photo(np.zeros((8, 8), np.uint8))
    with pytest.raises(UnreadableImage, match="MB"):
        read_image(data, limits=Limits(file_bytes=10))
