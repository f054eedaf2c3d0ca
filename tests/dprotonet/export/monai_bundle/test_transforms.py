import json

import numpy as np
import pytest
import torch
from PIL import Image

from dprotonet.export.monai_bundle.transforms import (
    Decided,
    ReadImaged,
    WriteRecords,
    image_frames,
)
from dprotonet.images.reader import read_image
from dprotonet.modeling.preprocessing import Preprocessing

PLACED = {"size": 64, "mean": [0.5, 0.5, 0.5], "sd": [0.25, 0.25, 0.25]}
LIMITS = {
    "stage": "layer3",
    "caution_from": 1.1,
    "threshold": 1.3,
    "fitted_on": 10,
    "validated_on": 5,
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deeper").mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "deeper" / "one.png")
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


def test_images_are_found_and_what_is_none_is_left_out(folder):
    assert image_frames(folder) == [{"image": str(folder / "deeper" / "one.png"), "frame": 0}]


def test_an_image_is_read_and_placed_as_the_library_does(folder):
    (frame,) = image_frames(folder)
    data = ReadImaged(**PLACED, scope={"colour": True})(frame)
    expected, _ = Preprocessing.from_json(PLACED)(read_image(folder / "deeper" / "one.png"))
    assert torch.equal(data["image"], expected)
    assert json.loads(data["objections"]) == ["a grey image; this model takes colour images"]


def said(probabilities, distance=None, objections=(), **choices):
    pred = {"probabilities": torch.tensor([probabilities])}
    if distance is not None:
        pred["support_distance"] = torch.tensor(distance)
    data = {"pred": pred, "path": "a.png", "frame": 0, "objections": json.dumps(objections)}
    return Decided(classes=("none", "finding"), **choices)(data)["record"]


def test_the_threshold_decides():
    rule = {"negative_class": "none", "threshold": 0.2}
    record = said([0.7, 0.3], **rule)
    assert record["prediction"] == "finding" and record["supported"]
    assert record["probabilities"]["finding"] == pytest.approx(0.3)
    assert said([0.9, 0.1], **rule)["prediction"] == "none"


def test_an_image_outside_of_the_gate_gets_no_label_and_no_probability():
    record = said([0.7, 0.3], distance=1.4, support=LIMITS)
    assert record["prediction"] is record["probabilities"] is None
    assert record["support"]["verdict"] == "outside"
    assert said([0.7, 0.3], distance=1.0, support=LIMITS)["support"]["verdict"] == "inside"


def test_an_image_outside_of_the_scope_gets_none_either():
    record = said([0.7, 0.3], objections=["modality MR"], scope={"modalities": ["CR"]})
    assert not record["supported"] and record["support"]["reasons"] == ["modality MR"]


def test_records_of_an_earlier_run_are_not_kept(tmp_path):
    path = tmp_path / "deeper" / "predictions.jsonl"
    for number in (1, 2):
        write = WriteRecords(path)
        write({"record": {"run": number}})
    assert path.read_text() == '{"run": 2}\n'
