import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dprotonet import images
from dprotonet.errors import NotAnImage, UnreadableImage
from dprotonet.images.isolated import ChildLimits, IsolatedReader

SMALL = np.arange(1200, dtype=np.uint16).reshape(30, 40)
LIMITED = sys.platform == "linux"  # elsewhere the system does not limit memory


@pytest.fixture(scope="module")
def reader():
    with IsolatedReader() as shared:
        yield shared


def test_it_reads_as_the_reader_in_this_process(reader: IsolatedReader, film, photo, tmp_path):
    padded = film(
        SMALL, PixelPaddingValue=0, WindowCenter=[5, 6], WindowWidth=[7, 8], PixelSpacing=[1, 2]
    )
    path = tmp_path / "film"
    path.write_bytes(padded)
    for source in (padded, path, photo(np.zeros((4, 4, 3), np.uint8))):
        here, there = images.read(source), reader.read(source)
        assert np.array_equal(here.pixels, there.pixels) and here.pixels.dtype == there.pixels.dtype
        assert np.array_equal(here.unit(), there.unit())
        for field in ("windows", "inverted", "facts", "frame", "spacing", "notes", "aspect_ratio"):
            assert getattr(here, field) == getattr(there, field)
        assert reader.inspect(source) == images.inspect(source)
        assert reader.pixel_sha256(source) == images.pixel_sha256(source)


def test_tables_come_back_whole(reader: IsolatedReader):
    from pydicom.data import get_testdata_file

    path = get_testdata_file("vlut_04.dcm", download=False)
    here, there = images.read(path), reader.read(path)
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


def test_the_child_imports_no_torch():
    code = (
        "import sys, dprotonet.images.isolated_child; "
        "print(sorted({'torch', 'torchvision'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="the system cannot stop a process")
def test_a_child_killed_while_it_reads_costs_only_that_file(photo):
    data = photo(SMALL)
    with IsolatedReader() as reader:
        reader.inspect(data)
        first = reader.child_pid
        os.kill(first, signal.SIGSTOP)  # it will hold the next request and not answer
        errors: list[Exception] = []

        def ask() -> None:
            try:
                reader.read(data)
            except UnreadableImage as error:
                errors.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(0.2)
        os.kill(first, signal.SIGKILL)
        thread.join(20)
        assert len(errors) == 1 and "stopped the decoder" in str(errors[0])
        assert np.array_equal(reader.read(data).pixels, SMALL)
        assert reader.child_pid != first


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="the system cannot stop a process")
def test_a_child_that_hangs_is_stopped_when_its_time_is_up(photo):
    data = photo(SMALL)
    with IsolatedReader(ChildLimits(wall_seconds=5)) as reader:
        reader.inspect(data)
        os.kill(reader.child_pid, signal.SIGSTOP)
        with pytest.raises(UnreadableImage, match="longer than 5 seconds"):
            reader.read(data)
        assert reader.read(data).shape == (30, 40)


@pytest.mark.skipif(not LIMITED, reason="the system does not limit the address space")
def test_a_file_that_needs_more_memory_than_allowed_costs_only_itself(photo):
    big, small = photo(np.zeros((8000, 8000), np.uint16)), photo(SMALL)
    with IsolatedReader(ChildLimits(memory_bytes=100 * 2**20)) as reader:
        with pytest.raises(UnreadableImage, match="memory"):
            reader.read(big)
        assert np.array_equal(reader.read(small).pixels, SMALL)


@pytest.mark.skipif(not LIMITED, reason="the system does not limit processor time")
def test_a_file_that_takes_too_much_processor_time_is_stopped(photo):
    page = Image.new("L", (3000, 3000))
    long = photo(page, "TIFF", save_all=True, append_images=[page] * 59, compression="tiff_lzw")
    with IsolatedReader(ChildLimits(cpu_seconds=1)) as reader:
        with pytest.raises(UnreadableImage, match="processor time"):
            reader.pixel_sha256(long)
        assert reader.read(long).shape == (3000, 3000)


def test_threads_take_turns(reader: IsolatedReader, photo):
    sources = [photo(np.full((9, 9), value, np.uint8)) for value in range(12)]
    found: dict[int, int] = {}

    def ask(index: int) -> None:
        found[index] = int(reader.read(sources[index]).pixels[0, 0])

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == {index: index for index in range(12)}
