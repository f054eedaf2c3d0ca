import json
import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from dprotonet.errors import WrongRequest
from dprotonet.export.monai_bundle.writing import readme_text, write_monai_bundle
from dprotonet.images.reader import read_image
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.gated_bundle import make_gated_bundle
from tests.dprotonet.tiny_bundle import tiny_images
from tests.paths import ROOT


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    return Predictor(make_gated_bundle(tmp_path_factory.mktemp("monai") / "b"))


def dicom(path):
    """An inverted image of 12 bits with a window of its own, which others read otherwise."""
    pixels = (tiny_images(2, 2)[1].astype(np.uint16) * 12)[:, :48]
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    file = Dataset()
    file.file_meta = meta
    file.SOPClassUID, file.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    file.Modality, file.PhotometricInterpretation = "CR", "MONOCHROME1"
    file.Rows, file.Columns = pixels.shape
    file.SamplesPerPixel, file.BitsAllocated, file.BitsStored, file.HighBit = 1, 16, 12, 11
    file.PixelRepresentation = 0
    file.WindowCenter, file.WindowWidth = 1200, 2000
    file.PixelData = pixels.tobytes()
    file.save_as(path, enforce_file_format=True)


def monai_run(arguments):
    """``python -m monai.bundle run``; the function that it calls where the package fire, which
    reads its arguments, is not installed."""
    if find_spec("fire") is None:
        call = "import json, sys; from monai.bundle import run; run(**json.loads(sys.argv[1]))"
        return [sys.executable, "-c", call, json.dumps(arguments)]
    pairs = (part for name, value in arguments.items() for part in (f"--{name}", value))
    return [sys.executable, "-m", "monai.bundle", "run", *pairs]


def test_monai_runs_it_offline_with_our_probabilities(predictor, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for number, pixels in enumerate(tiny_images(2, 1)):
        Image.fromarray(pixels).save(images / f"{number}.png")
    dicom(images / "film.dcm")
    (images / "notes.txt").write_text("no image")
    folder = tmp_path / "bundle"
    write_monai_bundle(predictor, folder)

    # A closed door in place of the network: whatever asks for an address fails.
    closed = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy")}
    arguments = {
        "config_file": str(folder / "configs" / "inference.json"),
        "meta_file": str(folder / "configs" / "metadata.json"),
        "bundle_root": str(folder),
        "dataset_dir": str(images),
    }
    run = subprocess.run(
        monai_run(arguments),
        env={**os.environ, **closed, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    lines = (folder / "eval" / "predictions.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["path"] for record in records] == [
        str(images / name) for name in ("0.png", "1.png", "film.dcm")
    ]
    for record in records:
        ours = predictor.predict(read_image(record["path"]))
        assert record["prediction"] == ours.label
        assert record["supported"] == ours.supported
        if ours.supported:
            assert record["probabilities"] == pytest.approx(ours.probabilities, abs=1e-4)
        else:
            assert record["probabilities"] is None
    assert any(record["supported"] for record in records)


def test_a_folder_that_is_there_is_left_alone(predictor, tmp_path):
    (tmp_path / "bundle").mkdir()
    with pytest.raises(WrongRequest, match="already exists"):
        write_monai_bundle(predictor, tmp_path / "bundle")
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_the_readme_says_what_it_is_for_and_where_it_makes_no_call(predictor):
    text = readme_text(predictor.bundle)
    assert "**Research use, not for diagnosis.**" in text
    assert predictor.bundle.digest in text and "support_distance" in text
