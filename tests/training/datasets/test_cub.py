import pytest

from dprotonet.errors import ReadableError
from tests.training.datasets.public import opened


def test_cub_keeps_the_authors_split_and_the_visible_parts(made, tmp_path):
    samples, dataset = made("cub")
    first, second = list(samples.values())[:2]
    assert dataset.classes == ("Black_footed_Albatross", "Laysan_Albatross")
    assert [p.name for p in first.parts] == ["back", "left eye"]
    assert [p.name for p in second.parts] == ["back"]
    assert (first.parts[0].x, first.parts[0].y) == (10.0, 12.5)
    assert [s.official_split for s in samples.values()] == ["train", "test", "train", "test"]
    assert first.mask().sum() == 20 * 30 and second.mask is None
    with pytest.raises(ReadableError, match="at least two classes"):
        opened("cub", tmp_path / "set", first_classes=1)
