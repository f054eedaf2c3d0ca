import pytest

from dprotonet.errors import ReadableError
from tests.training import replicas
from training.datasets import folder


def test_classes_are_the_sorted_folders_and_patients_come_from_the_table(tmp_path):
    dataset = folder.load(replicas.classes(tmp_path / "set", each=4), "beta")
    assert dataset.classes == ("alpha", "beta", "gamma")
    assert dataset.negative_class == "beta"
    assert {s.patient_id for s in dataset.samples if s.label == 0} == {"alpha-0", "alpha-1"}
    assert dataset.note == ""


def test_without_a_table_every_image_is_a_patient_and_the_note_says_so(tmp_path):
    root = replicas.classes(tmp_path / "set", each=2)
    (root / "patients.csv").unlink()
    dataset = folder.load(root)
    assert len({s.patient_id for s in dataset.samples}) == 6
    assert "patient of its own" in dataset.note


def test_an_image_without_a_row_is_refused(tmp_path):
    root = replicas.classes(tmp_path / "set", each=2)
    table = root / "patients.csv"
    table.write_text("\n".join(table.read_text().splitlines()[:-1]))
    with pytest.raises(ReadableError, match=r"no row for gamma/01\.png"):
        folder.load(root)


def test_wrong_folders_say_what_was_expected(tmp_path):
    with pytest.raises(ReadableError, match="There is no folder"):
        folder.load(tmp_path / "nowhere")
    with pytest.raises(ReadableError, match="at least two"):
        folder.load(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with pytest.raises(ReadableError, match="holds no image"):
        folder.load(tmp_path)


def test_an_unknown_negative_class_names_the_choices(tmp_path):
    with pytest.raises(ReadableError, match="alpha, beta, gamma"):
        folder.load(replicas.classes(tmp_path / "set", each=2), "normal")


def test_a_table_of_other_names_groups_by_file_stem(tmp_path):
    root = replicas.classes(tmp_path / "set", each=2)
    (root / "patients.csv").unlink()
    for number, path in enumerate(sorted(root.rglob("*.png"))):
        path.rename(path.with_name(f"photo{number}.png"))
    lines = [f"photo{n},lesion-{n // 2}" for n in range(6)]
    (root / "metadata.csv").write_text("image,lesion_id\n" + "\n".join(lines) + "\n")
    key = folder.PatientTable("metadata.csv", "image", "lesion_id")
    dataset = folder.load(root, patient_table=key)
    assert {s.patient_id for s in dataset.samples} == {"lesion-0", "lesion-1", "lesion-2"}
    with pytest.raises(ReadableError, match=r"no table .*none\.csv"):
        folder.load(root, patient_table=folder.PatientTable("none.csv", "image", "lesion_id"))
