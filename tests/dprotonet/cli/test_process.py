"""What only a process of its own can show: its start, its signals, its streams."""

import json
import os
import signal
import subprocess
import sys

from tests.dprotonet.cli.small_images import write_broken, write_frames, write_png
from tests.paths import ROOT

ENVIRONMENT = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "LC_ALL": "C",  # as under cron: no character but ASCII
}


def _hear_interrupts() -> None:
    """As a program does that a shell did not start in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(*words: object, **how: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "dprotonet", *map(str, words)],
        cwd=ROOT,
        env=ENVIRONMENT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=_hear_interrupts,
        **how,
    )


def test_help_imports_neither_torch_nor_a_reader():
    program = (
        "import sys; from dprotonet.cli.main import main; main(['explain', '--help']);"
        "heavy = {'torch', 'torchvision', 'pydicom', 'numpy', 'PIL'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "--node" in done.stdout


def test_standard_output_holds_records_alone(bundle, tmp_path):
    write_png(tmp_path / "images" / "=a.png")
    broken = ["b-ü.png", "c\udcf6.png"] if sys.platform == "linux" else ["b-ü.png"]
    for name in broken:  # the second is no text
        write_broken(tmp_path / "images" / name)

    process = start("predict", tmp_path / "images", "--model", bundle)
    out, err = process.communicate(timeout=120)

    assert process.returncode == 1
    assert [set(json.loads(line)) & {"prediction", "error"} for line in out.splitlines()] == [
        {"prediction"},
        *[{"error"}] * len(broken),
    ]
    assert f"1 frames done, {len(broken)} failed" in err


def test_wrong_usage_is_one_sentence_and_no_traceback(bundle, tmp_path):
    image = write_png(tmp_path / "image.png")

    process = start("explain", image, "--model", bundle, "--out", tmp_path, "--node", "class:gone")
    out, err = process.communicate(timeout=120)

    assert (process.returncode, out) == (2, "")
    assert len(err.splitlines()) == 1 and "gone" in err


# Windows has neither these signals nor these pipes.
if os.name == "posix":

    def test_an_interrupt_ends_with_130_and_what_was_done_stands(bundle, tmp_path):
        image = write_frames(tmp_path / "cine", frames=2000)

        process = start("predict", image, "--model", bundle)
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)

        assert json.loads(first)["frame"] == 0
        assert process.returncode == 130
        assert "Traceback" not in err

    def test_a_reader_that_goes_away_ends_it_quietly(bundle, tmp_path):
        image = write_frames(tmp_path / "cine", frames=2000)

        process = start("predict", image, "--model", bundle)
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.wait(timeout=120)

        assert process.returncode == 141
        assert "Traceback" not in err and "BrokenPipe" not in err
