import pytest

from dprotonet.errors import ReadableError
from tests.training import replicas
from tests.training.datasets.public import opened
from training.data.concept_table import known_concepts
from training.datasets import nih


def test_the_true_layout_is_read_with_images_found_by_their_stem(tmp_path):
    dataset = nih.load(replicas.nih(tmp_path / "nih", patients=4))
    assert dataset.classes == ("no pneumonia", "pneumonia")
    assert dataset.negative_class == "no pneumonia"
    assert len(dataset.samples) == 8
    first = dataset.samples[0]
    assert first.sample_id == "00000001_000"
    assert first.path.suffix == ".jpg"
    assert (first.patient_id, first.label, first.view) == ("1", 1, "PA")
    assert [s.label for s in dataset.samples] == [1, 1, 0, 0, 1, 1, 0, 0]


def test_boxes_come_in_stored_pixels_whatever_the_image_size(tmp_path):
    dataset = nih.load(replicas.nih(tmp_path / "nih", patients=1))
    (box,) = dataset.samples[0].boxes
    scale = replicas.SIDE / 1024
    assert (box.x, box.y, box.width, box.height) == (
        512 * scale,
        256 * scale,
        128 * scale,
        64 * scale,
    )
    assert box.finding == "Pneumonia"
    assert dataset.samples[1].boxes == ()


def test_images_may_lie_in_the_numbered_folders(tmp_path):
    root = replicas.nih(tmp_path / "nih", patients=2, folder="images_001/images", suffix="png")
    assert len(nih.load(root).samples) == 4


def test_rows_without_an_image_are_left_out_and_no_image_at_all_is_refused(tmp_path):
    root = replicas.nih(tmp_path / "nih", patients=2)
    (root / "images" / "00000001_000.jpg").unlink()
    assert len(nih.load(root).samples) == 3
    for path in (root / "images").iterdir():
        path.unlink()
    with pytest.raises(ReadableError, match="holds no image that Data_Entry_2017_v2020"):
        nih.load(root)


def test_a_wrong_folder_a_missing_table_and_a_missing_column_say_what_was_expected(tmp_path):
    with pytest.raises(ReadableError, match="There is no folder"):
        nih.load(tmp_path / "nowhere")
    with pytest.raises(ReadableError, match="holds neither Data_Entry_2017_v2020"):
        nih.load(tmp_path)
    root = replicas.nih(tmp_path / "nih", patients=1)
    table = root / "Data_Entry_2017_v2020.csv"
    table.write_text(table.read_text().replace("Patient ID", "Person"))
    with pytest.raises(ReadableError, match="no column 'Patient ID'"):
        nih.load(root)


def test_a_broken_box_is_named_by_its_line(tmp_path):
    root = replicas.nih(tmp_path / "nih", patients=1)
    boxes = root / "BBox_List_2017.csv"
    boxes.write_text(boxes.read_text().replace("512,256", "here,256"))
    with pytest.raises(ReadableError, match="Line 2 of BBox_List_2017"):
        nih.load(root)


def test_nih_learns_the_findings_of_its_reports_together(tmp_path):
    root = replicas.nih(tmp_path / "nih", patients=4)
    dataset = opened("nih", root, multi_label=True)
    assert dataset.classes == ("Infiltration", "Pneumonia")
    assert {s.labels for s in dataset.samples} == {(0, 1), ()}
    with pytest.raises(ReadableError, match="no finding 'Hernia'"):
        opened("nih", root, multi_label=True, finding="Hernia,Pneumonia")
    with pytest.raises(ReadableError, match="two or more"):
        opened("nih", root, multi_label=True, finding="Pneumonia")


def test_boxes_of_findings_that_are_not_told_apart_are_left_out(tmp_path):
    root = replicas.nih(tmp_path / "nih", patients=4)
    table = root / "BBox_List_2017.csv"
    more = ("00000001_001.png,Infiltrate,1,2,3,4,,,", "00000003_001.png,Mass,1,2,3,4,,,")
    table.write_text(table.read_text() + "\n".join(more) + "\n")
    alone = {s.sample_id: [b.finding for b in s.boxes] for s in opened("nih", root).samples}
    assert alone["00000001_000"] == ["Pneumonia"] and alone["00000001_001"] == []
    both = opened("nih", root, multi_label=True).samples
    together = {s.sample_id: [b.finding for b in s.boxes] for s in both}
    assert together["00000001_001"] == ["Infiltration"] and together["00000003_001"] == []


def test_the_findings_that_are_no_class_view_sex_and_age_are_concepts(tmp_path):
    root = replicas.nih(tmp_path / "nih", patients=2)
    first, last = (known_concepts(opened("nih", root).samples[at]) for at in (0, -1))
    assert first == {"Infiltration": True, "AP view": False, "female": True, "60 or older": False}
    assert last["Infiltration"] is False and last["AP view"] is True
    together = opened("nih", root, multi_label=True).samples[0]
    assert together.concepts == (), "both findings are classes"
