from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.images.hashes import file_sha256
from dprotonet.images.reader import read_image
from dprotonet.inference.predictor import Predictor
from training.acceptance.labelled_folder import FolderOptions, open_labelled
from training.acceptance.readings import groups_of, logits_of, read_all, size_group
from training.datasets.samples import Sample


def test_every_image_is_read_and_predicted_as_for_a_reader(bundle: Bundle, by_class: Path) -> None:
    predictor = Predictor(bundle)
    samples = open_labelled(by_class, bundle, FolderOptions()).samples[:3]
    told: list[tuple[int, int]] = []
    readings, unreadable = read_all(predictor, samples, lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert not unreadable
    for reading, sample in zip(readings, samples, strict=True):
        assert sample.path is not None
        assert reading.image_sha256 == file_sha256(sample.path)
        alone = predictor.predict(read_image(sample.path))
        assert reading.prediction.probabilities == alone.probabilities
    expected = [[r.prediction.logits[name] for name in bundle.classes] for r in readings]
    assert np.array_equal(logits_of(readings, bundle.classes), expected)


def test_a_file_that_cannot_be_read_is_named_without_its_name(
    bundle: Bundle, tmp_path: Path
) -> None:
    broken = tmp_path / "Doe^Jane.dcm"
    broken.write_bytes(b"\0" * 128 + b"DICM" + b"nothing")
    missing = tmp_path / "Roe^Richard.png"
    samples = [Sample("a", broken, "a", 1), Sample("b", missing, "b", 0)]
    readings, unreadable = read_all(Predictor(bundle), samples)
    assert not readings
    assert [(file.class_name, file.number) for file in unreadable] == [
        ("consolidation", 1),
        ("none", 2),
    ]
    assert unreadable[0].sha256 == file_sha256(broken)[:12]
    assert unreadable[1].sha256 == ""
    assert all(file.reason for file in unreadable)
    assert "Doe" not in repr(unreadable) and "Roe" not in repr(unreadable)

    _, (first, _) = read_all(Predictor(bundle), samples, unnamed=True)
    assert first.sha256 == ""


def test_of_patients_no_free_text_of_a_header_names_a_slice(bundle: Bundle, exported: Path) -> None:
    path = sorted((exported / "images").iterdir())[0]
    sample = Sample("a", path, "a", 0)
    (named,), _ = read_all(Predictor(bundle), [sample])
    (unnamed,), _ = read_all(Predictor(bundle), [sample], unnamed=True)
    assert set(named.groups) - set(unnamed.groups) >= {"manufacturer"}
    assert not {"manufacturer", "station"} & set(unnamed.groups)


def test_slices_come_from_the_table_and_then_from_the_header(exported: Path) -> None:
    path = sorted((exported / "images").iterdir())[0]
    image = read_image(path)
    groups = groups_of(Sample("a", path, "a", 0), image)
    assert groups["view"] == "AP"
    assert groups["modality"] == "DX"
    assert groups["sex"] in ("F", "M")
    assert groups["manufacturer"]
    assert groups["image size"] == "below 512 px"
    table = groups_of(Sample("a", path, "a", 0, "lateral", sex="F", age=30), image)
    assert (table["view"], table["sex"], table["age"]) == ("lateral", "F", "18-39")
    assert "Patient" not in repr(groups)


@pytest.mark.parametrize(
    ("side", "group"),
    [
        (511, "below 512 px"),
        (512, "512-1023 px"),
        (2047, "1024-2047 px"),
        (2048, "2048 px or more"),
    ],
)
def test_images_are_divided_by_their_longer_side(side: int, group: str) -> None:
    assert size_group(side) == group
