"""Data as they come: said in a line before training, or left out and counted; no traceback."""

import json
import logging

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from dprotonet.modeling.preprocessing import Preprocessing
from tests.training import replicas
from tests.training.conftest import SMALL
from tests.training.datasets.odd_files import dicom, dicomdir
from training.__main__ import main
from training.data.placed_images import place_images
from training.datasets import folder
from training.datasets.samples import Sample

PLACING = Preprocessing(size=64)


def train(root, out, *settings):
    words = ["train", "folder", "--data", str(root), "--out", str(out), "--device", "cpu"]
    return main([*words, *(word for s in (*SMALL, *settings) for word in ("--set", s))])


def one_line(capsys):
    err = capsys.readouterr().err
    assert "Traceback" not in err
    return err.strip().splitlines()[-1]


def truncate(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


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
    assert train(root, tmp_path / "out", "damaged=leave_out", "epochs=2") == 0
    (start,) = json.loads((tmp_path / "out/run.json").read_text())["starts"]
    assert start["data"]["images"] == 41
    assert start["data"]["left_out"] == ["beta/03.png"]
    assert start["data"]["no_images"] == ["alpha/Thumbs.db", "beta/DICOMDIR"]
    assert Bundle.load(tmp_path / "out/bundle").card.training["films"]["left_out"] == 1
    capsys.readouterr()
    command = ["evaluate", str(tmp_path / "out/bundle"), "--data", str(root), "--split", "train"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["split"] == "train"


def test_what_was_left_out_is_known_again_from_the_kept_images(tmp_path, caplog):
    root, keep = replicas.classes(tmp_path / "set", each=2), tmp_path / "films.safetensors"
    truncate(root / "beta/01.png")
    samples = folder.load(root).samples
    first = place_images(samples, PLACING, keep=keep, damaged="leave_out")
    written = keep.stat().st_mtime_ns
    again = place_images(samples, PLACING, keep=keep, damaged="leave_out")
    assert keep.stat().st_mtime_ns == written
    assert again.left_out == first.left_out and first.left_out[0][0] == "beta/01.png"
    assert len(again) == len(first) == 5 and again.labels.tolist() == [0, 0, 1, 2, 2]
    assert again.pixels.equal(first.pixels)


def test_nothing_but_damaged_images_is_refused_whatever_is_asked(tmp_path, capsys):
    root = replicas.classes(tmp_path / "set")
    for path in root.rglob("*.png"):
        truncate(path)
    assert train(root, tmp_path / "out", "damaged=leave_out") == 2
    assert "None of the 42 images can be read" in one_line(capsys)


def test_a_class_with_one_image_is_told_before_training(tmp_path, capsys):
    root = tmp_path / "set"
    for name, count in (("a", 40), ("b", 1)):
        (root / name).mkdir(parents=True)
        for i in range(count):
            replicas.image(100, i).resize((8, 8)).save(root / name / f"{i}.png")
    assert train(root, tmp_path / "out") == 2
    assert "'b'" in (line := one_line(capsys)) and "1 image(s) of 1 patient(s)" in line
    assert not (tmp_path / "out" / "bundle").exists()


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_a_small_class_is_on_every_side_from_three_patients_on(count):
    from training.data.splits import by_split, check_split

    for attempt in range(20):
        samples = [Sample(f"{attempt}-a{i}", None, f"{attempt}-a{i}", 0) for i in range(60)]
        few = [Sample(f"{attempt}-b{i}", None, f"{attempt}-b{i}", 1) for i in range(count)]
        parts = by_split(samples + few)
        assert by_split(few[::-1] + samples[::-1])["test"] == parts["test"][::-1]
        sides = [any(s.label == 1 for s in part) for part in parts.values()]
        assert all(sides) == (count >= 3)
        if count == 1:
            with pytest.raises(ReadableError, match=r"'b'.* 1 image\(s\) of 1 patient"):
                check_split(parts, ("a", "b"))
        if count >= 3:
            assert any("'b' has few patients" in one for one in check_split(parts, ("a", "b")))


def test_a_patient_of_two_classes_stays_on_one_side_when_one_is_moved():
    from training.data.splits import by_split

    for attempt in range(20):
        samples = [
            Sample(f"{attempt}-{i}-{k}", None, f"{attempt}-p{i}", k)
            for i in range(4)
            for k in range(2)
        ]
        parts = by_split(samples)
        people = [{s.patient_id for s in part} for part in parts.values()]
        assert sum(map(len, people)) == 4 and all(people)
        assert all({s.label for s in part} == {0, 1} for part in parts.values())


def test_a_class_of_which_little_can_be_said_is_warned_of(tmp_path, caplog):
    from training.data.splits import by_split, check_split

    root = replicas.classes(tmp_path / "set", each=14)
    dataset = folder.load(root)
    warnings = check_split(by_split(dataset.samples), dataset.classes)
    assert len(warnings) == 3 and all("says little" in one for one in warnings)


def test_folders_of_a_split_are_trained_on_and_judged_by(tmp_path, capsys):
    root = tmp_path / "set"
    for side, first in (("Train", 0), ("val", 100), ("TEST", 200)):
        for level, name in ((60, "a"), (180, "b")):
            (root / side / name).mkdir(parents=True)
            for i in range(6):
                image = replicas.image(level, first + i + level)
                image.save(root / side / name / f"{first + i}.png")
    assert train(root, tmp_path / "out", "epochs=2") == 0
    images = Bundle.load(tmp_path / "out/bundle").card.training["films"]
    assert images == {"train": 12, "validation": 12, "test": 12}


def test_of_a_file_with_several_frames_the_first_is_taken_and_it_is_said(tmp_path, caplog):
    root = tmp_path / "set"
    for name, level in (("a", 60), ("b", 180)):
        (root / name).mkdir(parents=True)
        dicom(root / name / "one.dcm", level=level)
        dicom(root / name / "cine.dcm", level=level + 1, frames=3)
    pages = [replicas.image(level, level).resize((16, 16)) for level in (30, 200)]
    pages[0].save(root / "a/pages.tif", save_all=True, append_images=pages[1:])
    with caplog.at_level(logging.WARNING):
        images = place_images(folder.load(root).samples, PLACING)
    assert len(images) == 5 and images.several_frames == 3
    assert "3 files have several frames: the first of each was taken" in caplog.text
    first = next(i for i, s in enumerate(images.samples) if s.sample_id == "a/pages.tif")
    assert images.pixels[first].float().mean() < 128


def test_no_bundle_is_judged_on_patients_that_its_fold_was_trained_on():
    from types import SimpleNamespace

    from training.data.splits import moved_patients, split_of
    from training.fitting.crossval import moves_test_patients

    many = [Sample(f"a{i}", None, f"a{i}", 0) for i in range(60)]
    trained = [f"b{i}" for i in range(60) if split_of(f"b{i}") == "train"][:4]
    tested = next(f"b{i}" for i in range(60) if split_of(f"b{i}") == "test")
    for people, moved in ((trained, True), ([*trained, tested], False)):
        samples = many + [Sample(p, None, p, 1) for p in people]
        assert ("test" in moved_patients(samples).values()) == moved
        assert (
            moves_test_patients(SimpleNamespace(images=SimpleNamespace(samples=samples))) == moved
        )
