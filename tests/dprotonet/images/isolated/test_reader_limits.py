"""What a child may cost. Collected where the system stops processes and limits their memory."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from PIL import Image

from dprotonet.errors import UnreadableImage
from dprotonet.images.isolated.child_process import ChildLimits
from dprotonet.images.isolated.reader import IsolatedReader

SMALL = np.arange(1200, dtype=np.uint16).reshape(30, 40)


def test_a_child_killed_while_it_reads_costs_only_that_file(photo):
    data = photo(SMALL)
    with IsolatedReader() as reader:
        reader.inspect(data)
        first = reader.child_pids[0]
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
        assert reader.child_pids != [first]


def test_a_child_that_hangs_is_stopped_when_its_time_is_up(photo):
    data = photo(SMALL)
    with IsolatedReader(ChildLimits(wall_seconds=5)) as reader:
        reader.inspect(data)
        os.kill(reader.child_pids[0], signal.SIGSTOP)
        with pytest.raises(UnreadableImage, match="longer than 5 seconds"):
            reader.read(data)
        assert reader.read(data).shape == (30, 40)


def test_a_file_that_needs_more_memory_than_allowed_costs_only_itself(photo):
    big, small = photo(np.zeros((8000, 8000), np.uint16)), photo(SMALL)
    with IsolatedReader(ChildLimits(memory_bytes=300 * 2**20)) as reader:
        with pytest.raises(UnreadableImage, match="memory"):
            reader.read(big)
        assert np.array_equal(reader.read(small).pixels, SMALL)


def test_a_file_that_takes_too_much_processor_time_is_stopped(photo):
    page = Image.new("L", (3000, 3000))
    long = photo(page, "TIFF", save_all=True, append_images=[page] * 59, compression="tiff_lzw")
    with IsolatedReader(ChildLimits(cpu_base=1, cpu_per_megapixel=0.0001)) as reader:
        with pytest.raises(UnreadableImage, match="processor time"):
            reader.pixel_sha256(long)
        assert reader.read(long).shape == (3000, 3000)
