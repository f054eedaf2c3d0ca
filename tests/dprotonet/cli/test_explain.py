import hashlib
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dprotonet.explain.overlay import overlay
from dprotonet.images.reader import read_image
from tests.dprotonet.cli.small_images import (
    picture,
    write_broken,
    write_frames,
    write_png,
    write_rotated_jpeg,
)

QUICK = ("--tier", "draft")


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def three(stem: str) -> set[str]:
    return {f"{stem}.heatmap.npy", f"{stem}.overlay.png", f"{stem}.json"}


def test_the_files_mirror_the_folders_of_the_images(shell, bundle, tmp_path):
    images, out = tmp_path / "images", tmp_path / "new" / "out"
    write_png(images / "a.png")
    write_png(images / "ward" / "bed" / "b.png", seed=1)

    status, records, _ = shell("explain", images, "--model", bundle, "--out", out, *QUICK)

    assert status == 0
    assert files_below(out) == three("a.png.0.class") | three("ward/bed/b.png.0.class")
    assert [Path(record["files"]["heatmap"]) for record in records] == [
        out / "a.png.0.class.heatmap.npy",
        out / "ward/bed/b.png.0.class.heatmap.npy",
    ]


def test_a_heatmap_lies_on_the_stored_grid_in_zero_to_one(shell, bundle, tmp_path):
    image = write_rotated_jpeg(tmp_path / "turned.jpg")

    status, (record,), _ = shell(
        "explain", image, "--model", bundle, "--out", tmp_path / "out", *QUICK
    )
    heatmap = np.load(record["files"]["heatmap"])

    assert status == 0
    assert heatmap.dtype == np.float32
    assert heatmap.shape == (30, 40) == (record["rows"], record["columns"])
    assert heatmap.min() >= 0 and heatmap.max() <= 1
    with Image.open(record["files"]["overlay"]) as overlay:
        assert (overlay.format, overlay.mode, overlay.size) == ("PNG", "RGB", (40, 30))


def test_the_overlay_is_the_same_as_if_it_were_mixed_at_once(shell, bundle, tmp_path):
    image = tmp_path / "tall.png"
    Image.fromarray(picture(300, 40)).save(image)

    _, (record,), _ = shell("explain", image, "--model", bundle, "--out", tmp_path / "out", *QUICK)

    displayed, heatmap = read_image(image).display(), np.load(record["files"]["heatmap"])
    with Image.open(record["files"]["overlay"]) as written:
        np.testing.assert_array_equal(np.asarray(written), overlay(displayed, heatmap, 0.5))


def test_the_record_says_what_was_explained_and_how_well(shell, bundle, tmp_path):
    image = write_png(tmp_path / "image.png")

    _, (record,), _ = shell("explain", image, "--model", bundle, "--out", tmp_path / "out", *QUICK)

    assert record["path"] == str(image)
    assert record["frame"] == 0
    assert record["sha256"] == hashlib.sha256(image.read_bytes()).hexdigest()
    assert record["asked"] == "class"
    assert (record["method"], record["tier"]) == ("mdm", "draft")
    assert record["node"] == f"class:{record['prediction']}"
    assert {"insertion_auc", "deletion_auc"} <= set(record["faithfulness"])
    assert record["passes_forward"] > 0
    assert record["seconds"] > 0
    assert isinstance(record["value_before"], float) and isinstance(record["value_after"], float)
    low, high = record["raw_range"]
    assert low <= high
    assert json.loads(Path(record["files"]["record"]).read_text()) == record


def test_every_node_of_every_frame_has_its_files(shell, bundle, tmp_path):
    image = write_frames(tmp_path / "cine", frames=2)
    nodes = ("class", "prototype:p00", "vector:p01")
    words = [word for node in nodes for word in ("--node", node)]

    status, records, _ = shell(
        "explain", image, "--model", bundle, "--out", tmp_path / "out", *QUICK, *words
    )

    stems = [f"cine.{f}.{n}" for f in (0, 1) for n in ("class", "prototype-p00", "vector-p01")]
    assert status == 0
    assert files_below(tmp_path / "out") == set().union(*map(three, stems))
    assert [(record["frame"], record["asked"]) for record in records] == [
        (frame, node) for frame in (0, 1) for node in nodes
    ]


def test_methods_lie_side_by_side_in_one_folder(shell, bundle, tmp_path):
    image, out = write_png(tmp_path / "image.png"), tmp_path / "out"
    seen = []

    for method in ("mdm", "gradcam", "prototype"):
        words = ("--model", bundle, "--out", out, *QUICK, "--node", "prototype:p00")
        status, (record,), _ = shell("explain", image, *words, "--method", method)
        assert status == 0
        seen.append((record["method"], record["tier"], record["asked"]))

    stem = "image.png.0.prototype-p00"
    assert seen == [(m, "draft", "prototype:p00") for m in ("mdm", "gradcam", "prototype")]
    assert files_below(out) == three(stem) | three(f"{stem}.gradcam") | three(f"{stem}.prototype")
    maps = [np.load(out / f"{stem}{end}.heatmap.npy") for end in ("", ".gradcam", ".prototype")]
    assert not np.array_equal(maps[0], maps[1]) and not np.array_equal(maps[1], maps[2])


def test_the_same_seed_gives_the_same_heatmap(shell, bundle, tmp_path):
    image = write_png(tmp_path / "image.png")

    for out in ("one", "two"):
        shell("explain", image, "--model", bundle, "--out", tmp_path / out, *QUICK, "--seed", "7")

    name = "image.png.0.class.heatmap.npy"
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_images_of_one_name_do_not_overwrite_one_another(shell, bundle, tmp_path):
    one, two = write_png(tmp_path / "1" / "image.png"), write_png(tmp_path / "2" / "image.png")
    out = tmp_path / "out"

    status, records, _ = shell("explain", one, two, "--model", bundle, "--out", out, *QUICK)

    assert status == 0
    assert files_below(out) == three("image.png.0.class") | three("path-2/image.png.0.class")
    assert [record["path"] for record in records] == [str(one), str(two)]


def test_what_explain_wrote_is_not_explained_itself(shell, bundle, tmp_path):
    write_png(tmp_path / "image.png")

    for _ in range(2):
        status, records, _ = shell(
            "explain", tmp_path, "--model", bundle, "--out", tmp_path, *QUICK
        )

    assert status == 0
    assert [record["path"] for record in records] == [str(tmp_path / "image.png")]


def test_a_broken_image_is_a_record_and_the_rest_goes_on(shell, bundle, tmp_path):
    images = tmp_path / "images"
    write_broken(write_png(images / "a.png"))
    write_png(images / "b.png")
    (images / "c.txt").write_text("No finding.")

    status, records, _ = shell(
        "explain", images, "--model", bundle, "--out", tmp_path / "out", *QUICK
    )

    assert status == 1
    assert [set(record) & {"error", "node", "skipped"} for record in records] == [
        {"error"},
        {"node"},
        {"skipped"},
    ]
    assert files_below(tmp_path / "out") == three("b.png.0.class")


@pytest.mark.parametrize("node", ("class:gone", "prototype:p99", "vector:p99", "pixel", "class:"))
def test_an_unknown_node_is_wrong_usage_before_any_image_is_read(
    shell, bundle, tmp_path, monkeypatch, node
):
    monkeypatch.setattr("dprotonet.cli.inputs.walk", lambda *paths, **_: pytest.fail("was read"))
    image, out = write_png(tmp_path / "image.png"), tmp_path / "out"

    status, records, err = shell(
        "explain", image, "--model", bundle, "--out", out, *QUICK, "--node", "class", "--node", node
    )

    assert (status, records) == (2, [])
    assert node.partition(":")[2] in err and "Traceback" not in err
    assert not out.exists() or files_below(out) == set()


def test_an_out_that_is_a_file_is_wrong_usage(shell, bundle, tmp_path):
    image, out = write_png(tmp_path / "image.png"), tmp_path / "out"
    out.touch()

    status, records, err = shell("explain", image, "--model", bundle, "--out", out, *QUICK)

    assert (status, records) == (2, [])
    assert str(out) in err


@pytest.mark.parametrize("name", ["x" * 249 + ".png", "ä" * 125 + ".png"])
def test_an_image_with_the_longest_name_is_explained(shell, bundle, tmp_path, name):
    image, out = write_png(tmp_path / name), tmp_path / "out"

    status, (record,), _ = shell("explain", image, "--model", bundle, "--out", out, *QUICK)

    assert status == 0
    assert record["path"] == str(image)
    assert {Path(path).name for path in record["files"].values()} == files_below(out)


def test_an_output_folder_that_cannot_be_written_costs_no_work(
    shell, bundle, tmp_path, monkeypatch
):
    image, out = write_png(tmp_path / "image.png"), tmp_path / "out"
    (out / "image.png.0.class.overlay.png").mkdir(parents=True)
    monkeypatch.setattr(
        "dprotonet.inference.predictor.Predictor.predict",
        lambda *words: pytest.fail("was predicted"),
    )

    status, (record,), _ = shell("explain", image, "--model", bundle, "--out", out, *QUICK)

    assert status == 1
    assert "could not be written" in record["error"]


if sys.platform == "linux":  # elsewhere a name that is no text cannot be made

    def test_an_image_whose_name_is_no_text_is_read_reported_and_explained(shell, bundle, tmp_path):
        images = Path(os.fsdecode(os.fsencode(tmp_path) + b"/f\xff"))
        name = b"r\xf6" + b"o" * 240 + b".png"
        image = write_png(Path(os.fsdecode(os.fsencode(images) + b"/" + name)))
        out = Path(os.fsdecode(os.fsencode(tmp_path) + b"/o\xff"))

        status, (record,), _ = shell("explain", images, "--model", bundle, "--out", out, *QUICK)

        assert status == 0
        assert record["path"] == f"{tmp_path}/f%FF/r%F6{'o' * 240}.png"
        assert bytes.fromhex(record["path_bytes"]) == os.fsencode(image)
        assert all(os.fsencode(written).isascii() for written in files_below(out))
        assert len(files_below(out)) == 3
        status, (said,), _ = shell("predict", images, "--model", bundle)
        assert (status, said["path_bytes"]) == (0, record["path_bytes"])


def test_an_explanation_that_cannot_be_written_is_a_record_with_its_reason(shell, bundle, tmp_path):
    images, out = tmp_path / "images", tmp_path / "out"
    write_png(images / "a" / "image.png")
    write_png(images / "b.png")
    out.mkdir()
    (out / "a").write_text("A file where a folder should be.")

    status, records, _ = shell("explain", images, "--model", bundle, "--out", out, *QUICK)

    assert status == 1
    assert "could not be written" in records[0]["error"]
    assert "node" in records[1]
