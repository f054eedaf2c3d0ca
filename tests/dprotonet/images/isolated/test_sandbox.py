"""What a child cannot do once a file has taken it over: each is tried in a process of its own."""

import io
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from dprotonet.images.isolated.reader import IsolatedReader
from dprotonet.images.isolated.sandbox import PROTECTIONS, child_environment
from dprotonet.images.reader import read_image

linux = pytest.mark.skipif(sys.platform != "linux", reason="namespaces, Landlock and seccomp")

# Gives itself up, then tries; prints what holds and what succeeded.
TRIES = """
import encodings.idna, json, os, resource, socket, subprocess, sys, threading
from dprotonet.images.isolated import sandbox, sandbox_linux

folder, port, without, user = sys.argv[1:]
if user:
    os.setgid(int(user)); os.setuid(int(user))
for layer in filter(None, without.split(",")):
    setattr(sandbox_linux, layer, lambda *_: False)
parent = os.getppid()
held = sandbox.seal(1 << 30)
pipe = os.pipe()
TRIES = {
    "tcp": lambda: socket.create_connection(("127.0.0.1", int(port)), 5),
    "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
    "unix": lambda: socket.socketpair(),
    "write": lambda: open(folder + "/new", "w"),
    "append": lambda: open(folder + "/old", "a"),
    "truncate": lambda: os.truncate(folder + "/old", 0),
    "remove": lambda: os.remove(folder + "/old"),
    "rename": lambda: os.rename(folder + "/old", folder + "/other"),
    "link": lambda: os.link(folder + "/old", folder + "/other"),
    "mkdir": lambda: os.mkdir(folder + "/sub"),
    "chmod": lambda: os.chmod(folder + "/old", 0o777),
    "fork": lambda: os.fork() or os._exit(0),
    "run": lambda: subprocess.run(["true"], check=True),
    "thread": lambda: threading.Thread(target=int).start(),
    "signal": lambda: os.kill(parent, 0),
    "environment of the parent": lambda: open(f"/proc/{parent}/environ", "rb").read(),
    "memory of the parent": lambda: open(f"/proc/{parent}/mem", "rb").read(1),
    "more memory": lambda: bytearray(2 << 30),
    "raised limit": lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)),
    "read": lambda: open(folder + "/old").read(),
    "pipe": lambda: os.write(pipe[1], b"x"),
    "many files": lambda: [os.dup(0) for _ in range(100)],
}
done = []
for name, attempt in TRIES.items():
    try:
        attempt()
    except (OSError, RuntimeError, MemoryError, ValueError):
        continue
    done.append(name)
sys.stdout.write(json.dumps([held, done]))
"""
HARMLESS = ["read", "pipe"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A file that everybody may change, in a folder where everybody may."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o777)
        (path / "old").write_text("kept")
        (path / "old").chmod(0o666)
        yield path


def tried(folder: Path, *, without: str = "", user: str = "") -> tuple[list[str], list[str]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        ran = subprocess.run(
            [sys.executable, "-c", TRIES, str(folder), port, without, user],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            env=child_environment(os.environ, sys.path),
        )
    assert ran.returncode == 0, ran.stderr
    held, done = json.loads(ran.stdout)
    assert (folder / "old").read_text() == "kept"
    return held, done


@linux
def test_it_connects_writes_starts_and_looks_into_nothing(folder: Path) -> None:
    assert tried(folder) == (list(PROTECTIONS), HARMLESS)


@linux
def test_the_same_holds_for_a_user_without_rights(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the test above ran as one")
    assert tried(folder, user="65534") == (list(PROTECTIONS), HARMLESS)


@linux
@pytest.mark.parametrize(
    ("without", "still_refused"),
    [
        ("_filter_calls", {"tcp", "write", "append", "truncate", "remove", "rename", "mkdir"}),
        (
            "_landlock,_without_network",
            {"tcp", "udp", "unix", "write", "append", "rename", "chmod", "fork", "run", "signal"},
        ),
    ],
)
def test_each_layer_holds_where_the_system_refuses_the_others(
    folder: Path, without: str, still_refused: set[str]
) -> None:
    held, done = tried(folder, without=without)
    if "files" not in held:
        pytest.skip("this system has no Landlock")
    assert not still_refused & set(done)
    assert ("processes" in held) == ("_filter_calls" not in without)


def test_the_environment_keeps_no_secret_and_no_home() -> None:
    own = {
        "PATH": "/bin",
        "LC_ALL": "C.UTF-8",
        "HOME": "/home/reader",
        "DPROTONET_DATABASE_URL": "postgresql://reader:secret@host/db",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "OMP_NUM_THREADS": "8",
    }
    given = child_environment(own, ["/checkout", "", "/more"])
    assert "secret" not in str(given)
    assert (given["PATH"], given["LC_ALL"]) == ("/bin", "C.UTF-8")
    assert given["PYTHONPATH"].split(os.pathsep) == ["/checkout", os.getcwd(), "/more"]
    assert given["HOME"] == os.devnull and given["OMP_NUM_THREADS"] == "1"


@linux
def test_the_reader_s_own_child_is_shut_in(photo, ramp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DPROTONET_DATABASE_URL", "postgresql://reader:secret@host/db")
    with IsolatedReader() as reader:
        assert reader.protections == ()
        reader.read(photo(ramp))
        (pid,) = reader.child_pids
        status = Path(f"/proc/{pid}/status").read_text()
        assert reader.protections == PROTECTIONS
        assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status
        try:
            assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()
        except PermissionError:  # only root may look into a child that gave up its privileges
            assert os.geteuid() != 0


@pytest.mark.parametrize(
    "syntax",
    [
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.2",
        "1.2.840.10008.1.2.5",
        "1.2.840.10008.1.2.4.80",
        "1.2.840.10008.1.2.4.90",
    ],
)
def test_every_decoder_works_shut_in(dicom_file, sealed: IsolatedReader, syntax: str) -> None:
    data = dicom_file(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64), syntax)
    assert (sealed.read(data).pixels == read_image(data).pixels).all()


@pytest.mark.parametrize(
    "name",
    [
        "SC_rgb_jpeg_dcmtk.dcm",
        "JPEG-LL.dcm",
        "JPEG2000.dcm",
        "JPEGLSNearLossless_16.dcm",
        "MR_small_RLE.dcm",
    ],
)
def test_files_of_other_makers_are_read_shut_in(sealed: IsolatedReader, name: str) -> None:
    from pydicom.data import get_testdata_file

    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip("pydicom does not carry this file")
    assert (sealed.read(path).pixels == read_image(path).pixels).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "WEBP"])
def test_photographs_are_read_shut_in(photo, sealed: IsolatedReader, kind: str) -> None:
    data = photo(np.arange(256, dtype=np.uint8).reshape(16, 16), kind)
    assert (sealed.read(data).pixels == read_image(data).pixels).all()


@pytest.fixture(scope="module")
def sealed():
    with IsolatedReader() as reader:
        yield reader


@pytest.mark.parametrize("compression", ["zlib", "lzw", "zstd", "lzma", "jpeg2000"])
def test_tiles_that_could_be_decoded_in_threads_are_read_shut_in(
    sealed: IsolatedReader, compression: str
) -> None:
    values = np.arange(256 * 256, dtype=np.uint16).reshape(256, 256)
    out = io.BytesIO()
    tifffile.imwrite(out, values, compression=compression, tile=(64, 64))
    assert (sealed.read(out.getvalue()).pixels == values).all()
