from dataclasses import replace

import numpy as np
import pytest

from dprotonet.errors import ReadableError, UnreadableImage
from training.datasets.samples import Box, Dataset, Sample, pixels_sha256, stored_mask


def test_a_sample_named_twice_and_a_single_class_are_refused():
    twice = (Sample("a", None, "1", 0), Sample("a", None, "2", 1))
    with pytest.raises(ReadableError, match="names a more than once"):
        Dataset("d", ("x", "y"), None, twice)
    with pytest.raises(ReadableError, match="at least two classes"):
        Dataset("d", ("x",), None, ())


def test_labels_that_do_not_go_together_are_refused():
    one, many = Sample("a", None, "1", 0), Sample("b", None, "2", -1, labels=(0, 1))
    with pytest.raises(ValueError, match="outside of the classes"):
        Dataset("d", ("x", "y"), None, (replace(one, label=2),))
    with pytest.raises(ValueError, match="any number"):
        Dataset("d", ("x", "y"), None, (one, many))
    with pytest.raises(ReadableError, match="'z' is no class of d"):
        Dataset("d", ("x", "y"), "z", (one,))
    several = Dataset("d", ("x", "y"), None, (many,))
    assert several.multi_label and many.classes == (0, 1) and one.classes == (0,)


def test_an_image_that_cannot_be_read_is_named_by_its_path(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"not an image")
    with pytest.raises(UnreadableImage, match=r"a\.png cannot be read\. "):
        Sample("a", path, "1", 0).load()
    with pytest.raises(ValueError, match="neither a path nor a maker"):
        Sample("a", None, "1", 0).load()


def test_pixels_are_named_by_their_shape_and_values():
    pixels = np.arange(6, dtype=np.uint16)
    names = {pixels_sha256(pixels.reshape(shape)) for shape in ((2, 3), (3, 2))}
    names.add(pixels_sha256((pixels + 1).reshape(2, 3)))
    assert len(names) == 3 and all(len(name) == 64 for name in names)


def test_boxes_are_filled_in_at_their_stored_pixels():
    sample = Sample("a", None, "p", 1, boxes=(Box(2, 4, 6, 8),))
    mask = stored_mask(sample, (20, 30))
    assert mask.sum() == 48
    assert mask[4:12, 2:8].all()
    assert stored_mask(Sample("b", None, "p", 1), (20, 30)) is None
