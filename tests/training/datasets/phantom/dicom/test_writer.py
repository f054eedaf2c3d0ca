from __future__ import annotations

import numpy as np
import pydicom
import pytest

from dprotonet.images.reader import read_frames, read_image
from training.datasets.phantom.dataset import as_image
from training.datasets.phantom.dicom.writer import (
    DicomOptions,
    ViewWindow,
    write_dicom,
    write_frames,
)
from training.datasets.phantom.generator import render
from training.datasets.phantom.parameters import draw_facts


@pytest.fixture(scope="module")
def phantom():
    return render(draw_facts(61, "effusion", shape=(120, 101), view="AP"))


def _written(phantom, path, **options):
    write_dicom(phantom, path, DicomOptions(**options))
    return read_image(path)


@pytest.mark.parametrize("syntax", ["explicit", "rle", "jpeg-ls", "jpeg2000"])
@pytest.mark.parametrize(("bits", "signed"), [(8, False), (12, False), (16, False), (12, True)])
def test_a_written_image_reads_back_to_the_bit(phantom, tmp_path, syntax, bits, signed):
    image = _written(phantom, tmp_path / "a.dcm", transfer_syntax=syntax, bits=bits, signed=signed)
    assert np.array_equal(image.pixels, phantom.pixels >> (16 - bits))
    assert image.spacing.rows_mm == pytest.approx(phantom.spacing_mm, rel=1e-4)
    assert image.facts.dicom.view_position == "AP"


def test_the_image_in_memory_equals_its_file(phantom, tmp_path):
    image, memory = _written(phantom, tmp_path / "a.dcm"), as_image(phantom)
    assert image.windows == memory.windows
    assert np.array_equal(image.unit(), memory.unit())
    assert image.notes == ()


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_a_monochrome1_image_is_shown_like_its_twin(phantom, tmp_path, bits):
    windows = (ViewWindow("LUNG", 0.1, 0.7), ViewWindow())
    twins = [
        _written(phantom, tmp_path / p, photometric=p, bits=bits, windows=windows)
        for p in ("MONOCHROME1", "MONOCHROME2")
    ]
    assert twins[0].inverted and not twins[1].inverted
    assert not np.array_equal(twins[0].pixels, twins[1].pixels)
    for one, two in zip(twins[0].windows, twins[1].windows, strict=True):
        assert np.allclose(twins[0].unit(one), twins[1].unit(two), atol=1e-5)


def test_every_window_is_kept_in_order(phantom, tmp_path):
    windows = (ViewWindow("LUNG", 0.1, 0.7), ViewWindow("MEDIASTINUM", 0.4, 1.0))
    image = _written(phantom, tmp_path / "a.dcm", bits=12, windows=windows)
    assert [w.name for w in image.windows] == ["LUNG", "MEDIASTINUM"]


def test_frames_are_read_one_by_one(phantom, tmp_path):
    other = render(draw_facts(61, "none", shape=(120, 101), view="AP"))
    write_frames([phantom, other], tmp_path / "two.dcm")
    frames = list(read_frames(tmp_path / "two.dcm"))
    assert np.array_equal(frames[0].pixels, phantom.pixels)
    assert np.array_equal(frames[1].pixels, other.pixels)
    with pytest.raises(ValueError):
        write_frames([phantom, render(draw_facts(1, shape=(64, 64)))], tmp_path / "no.dcm")


def test_names_and_identities_are_made_up_and_stable(phantom, tmp_path):
    write_dicom(phantom, tmp_path / "a.dcm", patient=7)
    write_dicom(phantom, tmp_path / "b.dcm", patient=7)
    write_dicom(phantom, tmp_path / "c.dcm", DicomOptions(bits=8), patient=7)
    assert (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()
    a, c = (pydicom.dcmread(tmp_path / name) for name in ("a.dcm", "c.dcm"))
    assert str(a.PatientName) == "Phantom^N7" and a.PatientID == "PHANTOM-00007"
    assert a.StudyInstanceUID == c.StudyInstanceUID
    assert a.SOPInstanceUID != c.SOPInstanceUID
    assert all(uid.is_valid for uid in (a.SOPInstanceUID, a.SeriesInstanceUID))


@pytest.mark.parametrize(
    "wrong",
    [
        {"photometric": "RGB"},
        {"bits": 10},
        {"transfer_syntax": "mpeg"},
        {"windows": ()},
    ],
)
def test_options_that_no_file_can_have_are_refused(wrong):
    with pytest.raises(ValueError):
        DicomOptions(**wrong)
