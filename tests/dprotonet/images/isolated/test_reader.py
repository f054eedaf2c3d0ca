import io
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.hashes import pixel_sha256
from dprotonet.images.isolated import child, child_process
from dprotonet.images.isolated.child_process import ChildLimits
from dprotonet.images.isolated.reader import IsolatedReader
from dprotonet.images.reader import inspect, look, read_image

SMALL = np.arange(1200, dtype=np.uint16).reshape(30, 40)


@pytest.fixture(scope="module")
def reader():
    with IsolatedReader() as shared:
        yield shared


def test_it_reads_as_the_reader_in_this_process(
    reader: IsolatedReader, dicom_file, photo, tmp_path
):
    padded = dicom_file(
        SMALL, PixelPaddingValue=0, WindowCenter=[5, 6], WindowWidth=[7, 8], PixelSpacing=[1, 2]
    )
    path = tmp_path / "image"
    path.write_bytes(padded)
    for source in (padded, path, photo(np.zeros((4, 4, 3), np.uint8))):
        here, there = read_image(source), reader.read(source)
        assert np.array_equal(here.pixels, there.pixels) and here.pixels.dtype == there.pixels.dtype
        assert np.array_equal(here.unit(), there.unit())
        for field in ("windows", "inverted", "facts", "frame", "spacing", "notes", "aspect_ratio"):
            assert getattr(here, field) == getattr(there, field)
        assert reader.inspect(source) == inspect(source)
        assert reader.pixel_sha256(source) == pixel_sha256(source)
        assert reader.look(source) == look(source)
        facts, digest, first = reader.look_and_read(source)
        assert (facts, digest) == look(source)
        assert np.array_equal(first.unit(), here.unit()) and first.facts == here.facts


def test_tables_come_back_whole(reader: IsolatedReader):
    from pydicom.data import get_testdata_file

    path = get_testdata_file("vlut_04.dcm", download=False)
    here, there = read_image(path), reader.read(path)
    assert there.windows[0].function == "TABLE"
    assert np.array_equal(here.unit(), there.unit())


def test_errors_come_back_as_they_are_and_the_child_lives_on(reader: IsolatedReader):
    for source, kind, text in (
        (b"%PDF-1.4", NotAnImage, "PDF"),
        (b"GIF89a" + bytes(9), UnreadableImage, "GIF"),
        (b"", UnreadableImage, "empty"),
        (Path("nowhere"), UnreadableImage, "no such file"),
    ):
        with pytest.raises(kind, match=text) as caught:
            reader.read(source)
        assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("imports", "absent"),
    [
        ("", {"torch", "pydicom", "numpy", "PIL", "zipfile"}),
        (", dprotonet.images.isolated.archive_child", {"torch", "pydicom", "numpy", "PIL"}),
        (", dprotonet.images.reader, dprotonet.images.isolated.protocol", {"torch", "torchvision"}),
    ],
)
def test_the_child_imports_only_what_a_request_needs(imports: str, absent: set[str]):
    code = (
        f"import sys, dprotonet.images.isolated.child{imports}; "
        f"print(sorted({absent} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_frame_is_given_time_by_its_own_pixels(dicom_file, monkeypatch):
    allowed: list[float] = []
    given: list[float] = []
    monkeypatch.setattr(child, "limit_processor_time", allowed.append)
    set_deadline = child_process._Deadline.set
    monkeypatch.setattr(
        child_process._Deadline,
        "set",
        lambda self, seconds: (given.append(seconds), set_deadline(self, seconds)),
    )
    data = dicom_file(
        np.zeros((50, 1000, 200), np.uint8)
    )  # 0.2 million pixels a frame, 10 together
    limits = ChildLimits(cpu_base=1, cpu_per_megapixel=10, wall_base=30, wall_per_megapixel=50)
    with IsolatedReader(limits) as reader:
        reader.read(data, frame=49)
        reader.look(data)
        reader.inspect(data)
    nothing, one_frame = limits.wall(0, len(data)), limits.wall(200_000, len(data))
    assert given == [nothing, one_frame, nothing, one_frame, nothing]
    assert one_frame == pytest.approx(nothing + 10)

    header = {"what": "read", "frame": 49, "limits": {}}
    cpu = child.CpuLimits(base=1, per_megapixel=10, most=60)
    answers = io.BytesIO()
    child.HANDLERS["read"](child.Request(header, [bytearray(data)], io.BytesIO(), answers, cpu))
    assert allowed == [3] == [limits.cpu(200_000)]


def test_threads_take_turns(reader: IsolatedReader, photo):
    sources = [photo(np.full((9, 9), value, np.uint8)) for value in range(12)]
    result: dict[int, int] = {}

    def ask(index: int) -> None:
        result[index] = int(reader.read(sources[index]).pixels[0, 0])

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert result == {index: index for index in range(12)}
