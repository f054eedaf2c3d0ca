"""What a file is taken for when it comes in, at the price of one frame."""

import io

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.filereader import dcmread
from pydicom.uid import ExplicitVRBigEndian, RLELossless

from dprotonet.errors import UnreadableImage
from dprotonet.images.dicom.file import DicomFile
from dprotonet.images.hashes import pixel_sha256
from dprotonet.images.reader import inspect, look, read_image
from dprotonet.images.types import GrayOrColourImage

FRAMES = np.random.default_rng(0).integers(0, 4096, (3, 20, 24), dtype=np.uint16)


def pages(count: int, **options: object) -> bytes:
    out = io.BytesIO()
    made = [Image.fromarray((FRAMES[0] + n).astype(np.uint16)) for n in range(count)]
    made[0].save(out, "TIFF", save_all=True, append_images=made[1:], **options)
    return out.getvalue()


def changed(data: bytes, **attributes: object) -> bytes:
    header = dcmread(io.BytesIO(data))
    for keyword, value in attributes.items():
        setattr(header, keyword, value)
    out = io.BytesIO()
    header.save_as(out, enforce_file_format=True)
    return out.getvalue()


def test_a_file_with_one_frame_is_known_by_its_decoded_pixels(dicom_file, photo):
    one = FRAMES[0]
    expected = pixel_sha256(dicom_file(one))
    assert look(dicom_file(one, WindowCenter=9, WindowWidth=99)) == (
        inspect(dicom_file(one)),
        expected,
    )
    assert look(dicom_file(one, RLELossless))[1] == look(photo(one))[1] == expected


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", RLELossless])
def test_another_header_over_the_same_frames_has_the_same_hash(dicom_file, syntax: str):
    plain = dicom_file(FRAMES, syntax, BitsStored=12, HighBit=11)
    again = changed(plain, WindowCenter=300, WindowWidth=40, PixelSpacing=[1, 2], StudyID="7")
    assert again != plain
    facts, digest = look(plain)
    assert facts.frames == 3 and look(again)[1] == digest
    assert look(changed(plain, PhotometricInterpretation="MONOCHROME1"))[1] != digest
    other = FRAMES.copy()
    other[2, -1, -1] ^= 1
    assert look(dicom_file(other, syntax, BitsStored=12, HighBit=11))[1] != digest


def test_how_the_fragments_are_cut_and_listed_does_not_count(dicom_file):
    plain = dicom_file(FRAMES, RLELossless, BitsStored=12, HighBit=11)
    header = dcmread(io.BytesIO(plain))
    frames = list(generate_frames(header.PixelData, number_of_frames=3))
    assert look(changed(plain, PixelData=encapsulate(frames, has_bot=False)))[1] == (look(plain)[1])


def test_another_transfer_syntax_is_another_hash_for_several_frames(dicom_file, written, dataset):
    big = dataset(FRAMES)
    big.PixelData = FRAMES.astype(">u2").tobytes()
    hashes = {
        look(dicom_file(FRAMES))[1],
        look(dicom_file(FRAMES, RLELossless))[1],
        look(written(big, ExplicitVRBigEndian))[1],
        pixel_sha256(dicom_file(FRAMES)),
    }
    assert len(hashes) == 4


def test_pages_of_a_tiff_are_known_by_the_files_bytes():
    facts, digest = look(pages(3))
    assert facts.frames == 3 and look(pages(3))[1] == digest
    assert look(pages(3, compression="tiff_lzw"))[1] != digest
    assert look(pages(1))[1] == pixel_sha256(pages(1))


def test_only_the_first_frame_is_decoded(dicom_file, monkeypatch: pytest.MonkeyPatch):
    decoded: list[int] = []
    decode = DicomFile.frame

    def counted(self: DicomFile, index: int) -> GrayOrColourImage:
        decoded.append(index)
        return decode(self, index)

    monkeypatch.setattr(DicomFile, "frame", counted)
    look(dicom_file(FRAMES))
    assert decoded == [0]


def test_a_damaged_first_frame_is_refused_and_a_damaged_later_one_when_it_is_read(dicom_file):
    header = dcmread(io.BytesIO(dicom_file(FRAMES, RLELossless, BitsStored=12, HighBit=11)))
    frames = list(generate_frames(header.PixelData, number_of_frames=3))
    assert isinstance(header.file_meta, FileMetaDataset)

    def with_frames(*parts: bytes) -> bytes:
        header.PixelData = encapsulate(list(parts))
        out = io.BytesIO()
        header.save_as(out, enforce_file_format=True)
        return out.getvalue()

    later = with_frames(frames[0], b"\xff" * 80, frames[2])
    assert look(later)[0].frames == 3
    assert read_image(later, frame=2).shape == (20, 24)
    with pytest.raises(UnreadableImage):
        read_image(later, frame=1)
    with pytest.raises(UnreadableImage):
        look(with_frames(b"\xff" * 80, *frames[1:]))
