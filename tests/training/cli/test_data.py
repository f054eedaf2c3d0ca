import json

from dprotonet.bundle.bundle import Bundle
from training.cli.parser import main


def test_phantom_writes_as_many_images_as_asked_and_says_where_the_table_is(tmp_path, capsys):
    assert main(["phantom", "--out", str(tmp_path), "--n", "2", "--seed", "5"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == {"films": 2, "table": str(tmp_path / "labels.csv")}
    assert len(list((tmp_path / "images").glob("*.dcm"))) == 2


def test_gallery_writes_into_the_data_folder_of_the_application(
    trained, class_folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("DPROTONET_DATA", str(tmp_path))
    assert main(["gallery", str(trained), "--data", str(class_folder)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["bundle"], printed["folder"]) == ("colours", str(tmp_path))
    files = list((tmp_path / "galleries" / Bundle.load(trained).digest).glob("*.png"))
    assert printed["pictures"] >= len(files) > 0
