"""Odd data: reported in a line before training, or left out and counted; no traceback."""

import json

from dprotonet.bundle.bundle import Bundle
from tests.training import replicas
from tests.training.conftest import SMALL
from tests.training.datasets.odd_files import dicomdir, truncate
from training.__main__ import main

# What is learned is no subject here.
QUICK = (*SMALL, "epochs=2", "prototypes_per_class=1", "blackbox=false")


def train(root, out, *settings):
    words = ["train", "folder", "--data", str(root), "--out", str(out), "--device", "cpu"]
    return main([*words, *(word for s in (*QUICK, *settings) for word in ("--set", s))])


def one_line(capsys):
    err = capsys.readouterr().err
    assert "Traceback" not in err
    return err.strip().splitlines()[-1]


def test_a_damaged_image_is_one_line_with_its_path(tmp_path, capsys):
    root = replicas.classes(tmp_path / "set")
    truncate(root / "beta/03.png")
    assert train(root, tmp_path / "out") == 2
    line = one_line(capsys)
    assert str(root / "beta/03.png") in line and "--set damaged=leave_out" in line
    assert not (tmp_path / "out" / "bundle").exists()


def test_several_damaged_images_are_counted_in_that_line(tmp_path, capsys):
    root = replicas.classes(tmp_path / "set")
    truncate(root / "alpha/03.png")
    (root / "beta/03.png").write_bytes(b"")
    (root / "gamma/03.png").write_text("<html>not found</html>")
    assert train(root, tmp_path / "out") == 2
    assert "2 more of 42 images cannot be read either" in one_line(capsys)


def test_damaged_images_are_left_out_where_that_is_asked_and_the_run_says_so(tmp_path, capsys):
    root = replicas.classes(tmp_path / "set")
    truncate(root / "beta/03.png")
    dicomdir(root / "beta/DICOMDIR")
    (root / "alpha/Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert train(root, tmp_path / "out", "damaged=leave_out") == 0
    (start,) = json.loads((tmp_path / "out/run.json").read_text())["starts"]
    assert start["data"]["images"] == 41
    assert start["data"]["left_out"] == ["beta/03.png"]
    assert start["data"]["no_images"] == ["alpha/Thumbs.db", "beta/DICOMDIR"]
    assert Bundle.load(tmp_path / "out/bundle").card.training["films"]["left_out"] == 1
    capsys.readouterr()
    command = ["evaluate", str(tmp_path / "out/bundle"), "--data", str(root), "--split", "train"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["split"] == "train"


def test_nothing_but_damaged_images_is_refused_whatever_is_asked(tmp_path, capsys):
    root = replicas.classes(tmp_path / "set")
    for path in root.rglob("*.png"):
        truncate(path)
    assert train(root, tmp_path / "out", "damaged=leave_out") == 2
    assert "None of the 42 images can be read" in one_line(capsys)


def test_a_class_with_one_image_is_reported_before_training(tmp_path, capsys):
    root = tmp_path / "set"
    for name, count in (("a", 40), ("b", 1)):
        (root / name).mkdir(parents=True)
        for i in range(count):
            replicas.image(100, i).resize((8, 8)).save(root / name / f"{i}.png")
    assert train(root, tmp_path / "out") == 2
    assert "'b'" in (line := one_line(capsys)) and "1 image(s) of 1 patient(s)" in line
    assert not (tmp_path / "out" / "bundle").exists()


def test_folders_of_a_split_are_trained_and_evaluated_on(tmp_path, capsys):
    root = tmp_path / "set"
    for side, first in (("Train", 0), ("val", 100), ("TEST", 200)):
        for level, name in ((60, "a"), (180, "b")):
            (root / side / name).mkdir(parents=True)
            for i in range(6):
                image = replicas.image(level, first + i + level)
                image.save(root / side / name / f"{first + i}.png")
    assert train(root, tmp_path / "out") == 0
    images = Bundle.load(tmp_path / "out/bundle").card.training["films"]
    assert images == {"train": 12, "validation": 12, "test": 12}
