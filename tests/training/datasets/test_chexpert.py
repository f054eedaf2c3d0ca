from tests.training.datasets import public
from tests.training.datasets.public import opened
from training.datasets import chexpert


def test_chexpert_has_frontal_images_and_leaves_uncertain_ones_out_unless_told(made, tmp_path):
    samples, dataset = made("chexpert")
    assert dataset.classes == ("no pleural effusion", "pleural effusion")
    first = samples["train/patient00001/study1/view1_frontal.jpg"]
    assert (first.label, first.patient_id, first.view) == (1, "patient00001", "AP")
    assert (first.sex, first.age, first.official_split) == ("F", 68, "train")
    assert [s.official_split for s in samples.values()] == ["train", "train", "test"]
    taken = chexpert.load(tmp_path / "set", uncertain="positive")
    assert [s.label for s in taken.samples] == [1, 0, 1, 0]


def test_chexpert_learns_several_findings_and_leaves_out_what_is_uncertain_in_any(tmp_path):
    root = public.chexpert(tmp_path / "set")
    for table in root.glob("*.csv"):
        table.write_text(table.read_text().replace("No Finding", "Edema"))
    dataset = opened("chexpert", root, multi_label=True, finding="Edema,Pleural Effusion")
    assert dataset.classes == ("Edema", "Pleural Effusion")
    assert [s.labels for s in dataset.samples] == [(1,), (0,), ()]
