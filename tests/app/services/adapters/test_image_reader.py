"""Viewing, intake and archives do not wait for each other."""

import io
import os
import signal
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from app.services.adapters.image_reader import ImageReader
from app.services.uploading import archive
from tests.app.services.workplaces import png

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="stops processes by signals")


@pytest.fixture(scope="module")
def images() -> Iterator[ImageReader]:
    reader = ImageReader()
    yield reader
    reader.close()


@contextmanager
def held_open(pids: list[int], request: Callable[[], object]) -> Iterator[threading.Thread]:
    """A request that these children hold and do not answer before the ``with`` ends."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    thread = threading.Thread(target=request)
    thread.start()
    try:
        yield thread
        assert thread.is_alive(), "it should have been held"
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        thread.join(60)
    assert not thread.is_alive()


@needs_signals
def test_an_image_is_viewed_while_intake_is_held_by_another(images: ImageReader) -> None:
    looked = []
    images.look(png(1))
    with held_open(images._intake.child_pids, lambda: looked.append(images.look(png(2)))):
        assert images.read(png(3)).shape == (16, 18)
        assert not looked
    assert looked[0][0].format == "png"


@needs_signals
def test_an_image_is_viewed_while_another_viewer_waits_for_a_slow_one(images: ImageReader) -> None:
    seen = []
    images.read(png(1))
    with held_open(images._viewing.child_pids[:1], lambda: seen.append(images.read(png(2)))):
        while not images._viewing._pool._lent:  # until the slow one has its child
            threading.Event().wait(0.005)
        assert images.read(png(3)).shape == (16, 18)
        assert not seen
    assert seen[0].shape == (16, 18)


def test_images_are_taken_in_and_viewed_while_an_archive_is_open(images: ImageReader) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in "abc":
            file.writestr(name, png(ord(name)))
    names = []
    for entry in archive.extract(images, out.getvalue()):
        assert entry.file is not None
        data = entry.file.read()
        facts, _ = images.look(data)
        assert images.read(data).shape == (facts.rows, facts.columns)
        names.append(entry.name)
    assert names == ["a", "b", "c"]


@pytest.mark.skipif(sys.platform != "linux", reason="what holds elsewhere is less")
def test_it_tells_what_its_children_cannot_do() -> None:
    reader = ImageReader()
    assert reader.protections == {"viewing": (), "intake": (), "archives": ()}
    reader.look(png(1))
    assert set(reader.protections["intake"]) == {"memory", "network", "files", "processes"}
    assert reader.protections["viewing"] == ()
    reader.close()
