import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch

from dprotonet.bundle.bundle import Bundle
from dprotonet.bundle.manifest import READER
from dprotonet.errors import ReadableError
from training.cli.parser import main
from training.fitting import reader
from training.fitting.reader import attach_reader, body_masks, image_masks
from training.fitting.run_folder import hardware

LINE = ("--steps", "2", "--images", "24", "--cells", "28", "--device", "cpu", "--least", "-9")


@pytest.fixture(scope="module")
def with_reader(trained, class_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reader") / "new"
    line = ["reader", str(trained), "--data", str(class_folder), "--out", str(folder), *LINE]
    assert main(line) == 0
    return Bundle.load(folder)


def test_the_new_bundle_is_the_old_one_with_a_reader(with_reader, trained):
    old = Bundle.load(trained)
    assert with_reader.mask_reader is not None and with_reader.parent == old.digest
    assert with_reader.manifest.parts == old.manifest.parts
    assert (with_reader.path / READER).stat().st_size <= 2**20
    assert READER not in old.manifest.files


def test_manifest_and_card_say_what_it_was_trained_on(with_reader):
    facts, card = with_reader.reader_facts, with_reader.card.training["reader"]
    assert (facts.images, facts.options.cells, facts.seed) == (24, 28, 0)
    assert facts.steps <= 2 and facts.held_out == card["held_out_fill"] == "mosaic"
    assert card["films"] == {"train": 24, "validation": facts.validation_images}
    assert card["data"] == "folder" and card["hardware"] == hardware("cpu")
    assert [entry["step"] for entry in card["history"]] == [0, 2]
    assert card["settings"]["steps"] == 2 and card["settings"]["body"] == 0.0


def test_the_same_seed_gives_the_same_bundle(with_reader, trained, class_folder, tmp_path):
    from dataclasses import replace

    from dprotonet.explain.reader.settings import ReaderSettings

    settings = replace(ReaderSettings(), steps=2, cells=28)
    again, other = (
        attach_reader(
            Bundle.load(trained),
            class_folder,
            tmp_path / str(seed),
            settings,
            most=24,
            seed=seed,
            least=-9.0,
        )
        for seed in (0, 1)
    )
    assert again.manifest.files[READER] == with_reader.manifest.files[READER]
    assert other.manifest.files[READER] != with_reader.manifest.files[READER]


def test_a_reader_that_marks_badly_is_not_written(trained, class_folder, tmp_path, capsys):
    line = ["reader", str(trained), "--data", str(class_folder), "--out", str(tmp_path / "new")]
    assert main([*line, *LINE[:-1], "9"]) == 2
    said = capsys.readouterr().err
    assert "marks badly: its held-out gap is " in said and "above 9" in said
    assert not (tmp_path / "new").exists()


def test_what_cannot_be_done_is_said_before_anything_is_trained(
    trained, class_folder, tmp_path, monkeypatch, capsys
):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("years")
    monkeypatch.setattr(reader, "fit_reader", None)  # whoever trains fails
    line = ["reader", str(trained), "--data", str(class_folder), "--out"]
    assert main([*line, str(tmp_path / "work"), *LINE]) == 2
    assert "holds no model" in capsys.readouterr().err
    assert main([*line, str(tmp_path / "new"), *LINE, "--body"]) == 2
    assert "Colour images show no body" in capsys.readouterr().err
    assert main([*line, str(tmp_path / "new"), *LINE, "--steps", "0"]) == 2
    assert "at least 1" in capsys.readouterr().err
    monkeypatch.setattr(reader, "LEAST_TRAINING", 10_000)
    with pytest.raises(ReadableError, match="at least 10000"):
        attach_reader(Bundle.load(trained), class_folder, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_run_that_is_stopped_leaves_nothing(trained, class_folder, tmp_path):
    command = [
        sys.executable,
        "-m",
        "training",
        "reader",
        str(trained),
        "--data",
        str(class_folder),
    ]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "out" / "new"), "--steps", "100000", "--device", "cpu"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "mask reader: step" in line:
            break
    process.send_signal(signal.SIGTERM)
    process.stderr.read()
    assert process.wait(timeout=120) == 128 + signal.SIGTERM
    assert not list(tmp_path.rglob("*.safetensors"))


def test_black_edges_are_taken_for_padding_and_a_black_image_is_all_image():
    pixels = torch.zeros(2, 1, 8, 8, dtype=torch.uint8)
    pixels[0, :, 2:6, 1:] = 9
    pixels[0, :, 4] = 0  # black inside the image
    masks = image_masks(pixels)
    expected = torch.zeros(8, 8, dtype=torch.bool)
    expected[2:6, 1:] = True
    assert torch.equal(masks[0], expected)
    assert masks[1].all()


def test_the_body_is_found_where_it_can_be_and_else_it_is_the_whole_image():
    rows, columns = np.mgrid[:96, :96]
    disc = ((rows - 48) ** 2 + (columns - 48) ** 2 < 36**2) * 180 + 10
    pixels = torch.from_numpy(np.stack([disc, np.full_like(disc, 90)]).astype(np.uint8))[:, None]
    masks = image_masks(pixels)
    bodies = body_masks(pixels, masks)
    assert bodies[0, 48, 48] and not bodies[0, 2, 2]
    assert torch.equal(bodies[1], masks[1])
    with pytest.raises(ReadableError, match="Colour"):
        body_masks(pixels.expand(-1, 3, -1, -1), masks)
