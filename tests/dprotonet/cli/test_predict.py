import csv
import hashlib
import io
import math
import sys
from dataclasses import replace

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.cli.main import main
from dprotonet.inference.site_settings import write_site_settings
from tests.dprotonet.cli.small_images import write_broken, write_frames, write_png
from tests.dprotonet.inference.test_site_settings import EXAMPLE


def test_an_image_becomes_one_record(shell, bundle, tmp_path):
    image = write_png(tmp_path / "image.png")

    status, records, _ = shell("predict", image, "--model", bundle)

    assert status == 0
    (record,) = records
    assert set(record) == {
        "path",
        "frame",
        "sha256",
        "supported",
        "prediction",
        "probabilities",
        "support",
        "threshold",
        "matches",
    }
    assert record["path"] == str(image)
    assert record["frame"] == 0
    assert record["sha256"] == hashlib.sha256(image.read_bytes()).hexdigest()
    assert record["prediction"] in record["probabilities"]
    assert math.isclose(sum(record["probabilities"].values()), 1, abs_tol=1e-6)


def test_matches_are_the_ten_largest_contributions(shell, bundle, tmp_path):
    status, (record,), _ = shell("predict", write_png(tmp_path / "a.png"), "--model", bundle)

    sizes = [abs(match["contribution"]) for match in record["matches"]]

    assert status == 0
    assert len(sizes) == 10
    assert sizes == sorted(sizes, reverse=True)
    for match in record["matches"]:
        assert set(match) == {"prototype", "class", "similarity", "contribution"}
        assert match["class"] in record["probabilities"]
        assert -1 <= match["similarity"] <= 1


def test_a_broken_image_is_a_record_and_the_rest_goes_on(shell, bundle, tmp_path):
    write_png(tmp_path / "a.png")
    write_broken(tmp_path / "b.png")
    write_png(tmp_path / "c.png")

    status, records, _ = shell("predict", tmp_path, "--model", bundle)

    assert status == 1
    assert [record["path"] for record in records] == [str(tmp_path / f"{n}.png") for n in "abc"]
    assert ["error" in record for record in records] == [False, True, False]
    assert set(records[1]) == {"path", "frame", "sha256", "error"}


def test_a_text_is_skipped_and_costs_nothing(shell, bundle, tmp_path):
    write_png(tmp_path / "image.png")
    (tmp_path / "report.txt").write_text("No finding.")

    status, records, _ = shell("predict", tmp_path, "--model", bundle)

    assert status == 0
    assert "prediction" in records[0]
    assert set(records[1]) == {"path", "frame", "sha256", "skipped"}


def test_each_frame_has_its_record(shell, bundle, tmp_path):
    image = write_frames(tmp_path / "cine", frames=3)

    status, records, _ = shell("predict", image, "--model", bundle)

    assert status == 0
    assert [record["frame"] for record in records] == [0, 1, 2]
    assert len({record["sha256"] for record in records}) == 1
    assert records[0]["probabilities"] != records[1]["probabilities"]


def test_a_frame_that_is_cut_off_costs_itself_and_the_others_say_so(shell, bundle, tmp_path):
    image = write_frames(tmp_path / "cine", frames=3)
    image.write_bytes(image.read_bytes()[:-100])

    status, records, _ = shell("predict", image, "--model", bundle)

    assert status == 0
    assert [(record["frame"], "error" in record) for record in records] == [
        (0, False),
        (1, False),
    ]
    assert all("states 3 frames, and 2 are there" in record["notes"][0] for record in records)


def test_the_same_image_gives_the_same_record_in_any_company(shell, bundle, tmp_path):
    image, other = write_png(tmp_path / "a.png"), write_png(tmp_path / "b.png", seed=1)

    _, alone, _ = shell("predict", image, "--model", bundle)
    _, together, _ = shell("predict", other, image, "--model", bundle)

    assert together[1] == alone[0]


def test_the_table_is_flat_and_says_what_went_wrong(bundle, tmp_path, capsys):
    write_png(tmp_path / "a.png")
    write_broken(tmp_path / "b.png")
    (tmp_path / "c.txt").write_text("No finding.")

    status = main(["predict", str(tmp_path), "--model", str(bundle), "--format", "csv"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    fixed = ["path", "frame", "sha256", "prediction"]
    classes = list(rows[0])[4:-4]

    assert status == 1
    assert list(rows[0]) == [*fixed, *classes, "supported", "distance", "reasons", "error"]
    assert rows[0]["prediction"] in classes
    assert math.isclose(sum(float(rows[0][name]) for name in classes), 1, abs_tol=1e-6)
    assert rows[0]["error"] == ""
    assert rows[1]["error"] and not rows[1]["error"].startswith("skipped: ")
    assert rows[2]["error"].startswith("skipped: ")


def test_progress_goes_to_standard_error_alone(shell, bundle, tmp_path, caplog):
    status, records, _ = shell("predict", write_png(tmp_path / "a.png"), "--model", bundle)

    assert status == 0 and len(records) == 1
    assert "1 frames done, 0 failed" in caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_links_in_a_folder_are_left_out_and_told(shell, bundle, tmp_path, caplog):
    image = write_png(tmp_path / "a.png")
    (tmp_path / "again.png").symlink_to(image)

    status, records, _ = shell("predict", tmp_path, "--model", bundle)

    assert status == 0 and len(records) == 1
    assert "One link was left out (again.png)." in caplog.text


def test_an_empty_folder_is_all_well(shell, bundle, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()

    assert shell("predict", folder, "--model", bundle)[:2] == (0, [])


@pytest.mark.parametrize("missing", ("image", "bundle", "device"))
def test_what_is_not_there_is_wrong_usage_and_nothing_is_read(shell, bundle, tmp_path, missing):
    image = write_png(tmp_path / "image.png")
    gone = tmp_path / "gone"
    words = {
        "image": ("predict", image, gone, "--model", bundle),
        "bundle": ("predict", image, "--model", gone),
        "device": ("predict", image, "--model", bundle, "--device", "cuda:99"),
    }

    status, records, err = shell(*words[missing])

    assert status == 2
    assert records == []
    assert len(err.strip().splitlines()) == 1
    assert ("cuda:99" if missing == "device" else "gone") in err


def test_an_altered_bundle_is_wrong_usage(shell, bundle, tmp_path):
    import shutil

    altered = tmp_path / "altered"
    shutil.copytree(bundle, altered)
    with open(altered / "model.safetensors", "r+b") as weights:
        weights.seek(-1, 2)
        last = weights.read(1)
        weights.seek(-1, 2)
        weights.write(bytes([last[0] ^ 1]))

    status, records, err = shell("predict", write_png(tmp_path / "a.png"), "--model", altered)

    assert (status, records) == (2, [])
    assert "model.safetensors" in err


def test_a_sites_settings_are_applied_and_named_in_every_record(
    shell, bundle, tmp_path, monkeypatch
):
    site = replace(
        EXAMPLE, bundle=Bundle.load(bundle, with_model=False).digest, temperature=2.0, threshold=0.0
    )
    write_site_settings(tmp_path / "site.json", site)
    image = write_png(tmp_path / "image.png")

    status, (record,), _ = shell(
        "predict", image, "--model", bundle, "--site", tmp_path / "site.json"
    )
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    words = ["--model", str(bundle), "--site", str(tmp_path / "site.json"), "--format", "csv"]
    main(["predict", str(image), *words])

    assert status == 0
    assert record["prediction"] == "finding"  # from a probability of 0 on
    assert record["site"]["digest"] == site.digest
    assert "threshold and calibration of this site" in record["site"]["text"]
    (row,) = csv.DictReader(io.StringIO(out.getvalue()))
    assert row["site"] == site.digest


def test_settings_of_another_bundle_end_before_any_image_is_read(shell, bundle, tmp_path):
    write_site_settings(tmp_path / "site.json", EXAMPLE)
    image = write_png(tmp_path / "image.png")
    status, records, said = shell(
        "predict", image, "--model", bundle, "--site", tmp_path / "site.json"
    )
    assert (status, records) == (2, [])
    assert "These settings were fitted for the model tiny aaaaaaaa" in said
