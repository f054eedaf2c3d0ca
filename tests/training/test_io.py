import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from training.io import png, progress_bar, write_json, write_text


def test_a_file_that_cannot_be_written_whole_leaves_the_one_before(tmp_path):
    file = tmp_path / "new" / "a.json"
    write_json(file, {"name": "Erguß", "values": [1, 2]})
    text = file.read_text(encoding="utf-8")
    assert "Erguß" in text and text.endswith("}\n")
    with pytest.raises(TypeError):
        write_json(file, {"name": object()})
    assert json.loads(file.read_text(encoding="utf-8"))["values"] == [1, 2]
    write_text(file, "plain")
    assert [p.read_text() for p in file.parent.iterdir()] == ["plain"]


def test_a_progress_bar_hands_every_item_on_and_is_silent_without_a_terminal(capsys):
    assert list(progress_bar(iter("abc"), 3, "letters")) == ["a", "b", "c"]
    assert capsys.readouterr().err == ""


def test_a_png_holds_the_pixels_of_a_grey_or_colour_image():
    for channels in (1, 3):
        pixels = torch.randint(0, 256, (channels, 5, 7), dtype=torch.uint8)
        with Image.open(io.BytesIO(png(pixels))) as image:
            array = np.atleast_3d(np.asarray(image))
        assert np.array_equal(array, pixels.permute(1, 2, 0).numpy())
