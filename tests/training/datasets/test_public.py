"""Every public layout, in a replica of a few images."""

import csv

import numpy as np
import pytest

from dprotonet.errors import ReadableError
from tests.training import replicas
from tests.training.datasets import public
from training.datasets import chexpert, elpv, ham10000
from training.datasets.registry import LOADERS, open_dataset
from training.datasets.samples import Box
from training.recipe import Recipe, load_recipe

MADE = {
    "chexpert": public.chexpert,
    "rsna": public.rsna,
    "vindr": public.vindr,
    "palm": public.palm,
    "cbis_ddsm": public.cbis_ddsm,
    "ham10000": public.ham10000,
    "cub": public.cub,
    "cars": public.cars,
    "elpv": public.elpv,
    "medmnist": public.medmnist,
    "dicom_csv": public.dicom_csv,
}
SITE = {
    "table": "reads.csv",
    "file_column": "dicom",
    "label_column": "outcome",
    "patient_column": "subject",
}


def opened(kind, root, **options):
    if kind == "dicom_csv":
        options = SITE | options
    return open_dataset(Recipe(name="x", dataset=kind, **options), root)


@pytest.fixture
def made(tmp_path):
    """Opens a replica: name, options -> samples by id, and the data set."""

    def make(kind, **options):
        found = opened(kind, MADE[kind](tmp_path / "set"), **options)
        return {s.sample_id: s for s in found.samples}, found

    return make


@pytest.mark.parametrize("kind", MADE)
def test_every_image_of_a_replica_can_be_read_and_has_a_patient(made, kind):
    samples, _ = made(kind)
    for sample in samples.values():
        assert min(sample.load().shape) >= 28
        assert sample.patient_id


@pytest.mark.parametrize("kind", MADE)
def test_a_folder_that_is_not_there_is_said_with_what_was_expected(kind, tmp_path):
    with pytest.raises(ReadableError, match=r"nowhere.*Expected|Expected.*nowhere"):
        opened(kind, tmp_path / "nowhere")


@pytest.mark.parametrize("kind", [k for k in MADE if k not in ("palm", "medmnist", "cars")])
def test_a_table_that_is_not_there_is_named(kind, tmp_path):
    root = MADE[kind](tmp_path / "set")
    for path in [*root.rglob("*.csv"), *root.glob("*.txt")]:
        path.unlink()
    with pytest.raises(ReadableError, match=r"There is no table .*(csv|txt)\. Expected"):
        opened(kind, root)


@pytest.mark.parametrize(
    ("kind", "name", "column"),
    [
        ("chexpert", "train.csv", "Pleural Effusion"),
        ("rsna", "stage_2_train_labels.csv", "Target"),
        ("vindr", "annotations/image_labels_train.csv", "No finding"),
        ("cbis_ddsm", "mass_case_description_train_set.csv", "pathology"),
        ("ham10000", "HAM10000_metadata.csv", "lesion_id"),
        ("dicom_csv", "reads.csv", "subject"),
    ],
)
def test_a_column_that_is_not_there_is_named(kind, name, column, tmp_path):
    root = MADE[kind](tmp_path / "set")
    with (root / name).open(newline="") as file:
        rows = list(csv.reader(file))
    rows[0][rows[0].index(column)] = "something else"
    with (root / name).open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    with pytest.raises(ReadableError, match=f"has no column '{column}'. Expected the columns"):
        opened(kind, root)


def test_every_kind_of_a_recipe_is_opened_by_something():
    from typing import get_args

    from training.recipe import DatasetKind

    assert {*LOADERS, "phantom", "elpv"} == set(get_args(DatasetKind))


def test_chexpert_has_frontal_images_and_leaves_uncertain_ones_out_unless_told(made, tmp_path):
    samples, found = made("chexpert")
    assert found.classes == ("no pleural effusion", "pleural effusion")
    first = samples["train/patient00001/study1/view1_frontal.jpg"]
    assert (first.label, first.patient_id, first.view) == (1, "patient00001", "AP")
    assert (first.sex, first.age, first.official_split) == ("F", 68, "train")
    assert [s.official_split for s in samples.values()] == ["train", "train", "test"]
    taken = chexpert.load(tmp_path / "set", uncertain="positive")
    assert [s.label for s in taken.samples] == [1, 0, 1, 0]


def test_rsna_gathers_the_boxes_of_an_image(made):
    samples, _ = made("rsna")
    assert samples["aaa"].boxes == (Box(10, 12, 8, 9, "opacity"), Box(30, 12, 8, 9, "opacity"))
    assert [s.label for s in samples.values()] == [1, 0, 0]


def test_vindr_goes_by_most_readers_and_leaves_other_findings_out(made):
    samples, found = made("vindr")
    assert found.classes == ("no finding", "cardiomegaly")
    assert {k: (s.label, s.official_split) for k, s in samples.items()} == {
        "a": (1, "train"),
        "b": (0, "train"),
        "d": (1, "test"),
    }
    assert samples["a"].boxes == (Box(10.5, 20.0, 20.0, 20.0, "Cardiomegaly"),)


def test_palm_reads_its_classes_from_names_and_joins_black_lesions(made):
    samples, _ = made("palm")
    assert {k: s.label for k, s in samples.items()} == {"H0001": 0, "N0001": 0, "P0001": 1}
    drawn = samples["P0001"].mask()
    assert drawn.sum() == 100 + 50 and drawn[6, 6] and drawn[32, 32] and not drawn[0, 0]
    assert samples["N0001"].mask is None


def test_cbis_ddsm_joins_the_abnormalities_of_a_mammogram(made):
    samples, _ = made("cbis_ddsm")
    mass, calc = samples.values()
    assert (mass.label, mass.official_split, mass.patient_id) == (1, "train", "P_00001")
    assert (calc.label, calc.official_split, calc.view) == (0, "test", "MLO")
    drawn = mass.mask()
    assert drawn.shape == (public.SIDE, public.SIDE) and drawn.sum() == 50
    assert drawn[12, 5] and drawn[22, 5] and not drawn[30, 30]


def test_a_cbis_mask_of_another_size_is_fitted_to_its_mammogram_and_a_lone_crop_is_not(
    tmp_path, caplog
):
    root = public.cbis_ddsm(tmp_path / "set")
    first, second = sorted(root.rglob("1-2.dcm"))
    larger = np.zeros((2 * public.SIDE, 2 * public.SIDE), dtype=int)
    larger[:20, :20] = 65535
    public.dicom(first, larger)
    second.unlink()  # leaves the crop
    drawn = opened("cbis_ddsm", root).samples[0].mask()
    assert drawn.sum() == 100 and drawn[:10, :10].all()
    assert "another size" in caplog.text


@pytest.mark.parametrize("kind", ["palm", "medmnist", "cars"])
def test_a_set_without_its_files_is_refused_with_what_was_expected(kind, tmp_path):
    root = MADE[kind](tmp_path / "set")
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix in (".jpg", ".npz", ".mat"):
            path.unlink()
    with pytest.raises(ReadableError, match="Expected"):
        opened(kind, root)


def test_ham10000_keeps_a_lesion_together_in_seven_classes_or_two(made, tmp_path):
    samples, found = made("ham10000")
    one, two, three = samples.values()
    assert one.patient_id == two.patient_id != three.patient_id
    assert found.classes[one.label] == "nv" and found.classes[three.label] == "mel"
    assert (one.sex, one.age, three.sex, three.age) == ("M", 45, "", None)
    assert three.mask().sum() == 400 and one.mask is None
    grouped = ham10000.load(tmp_path / "set", malignant=True)
    assert (grouped.classes, grouped.negative_class) == (("benign", "malignant"), "benign")
    assert [s.label for s in grouped.samples] == [0, 0, 1]


def test_isic_reads_its_one_hot_table(tmp_path):
    root = tmp_path / "isic"
    public.photograph(root / "ISIC2018_Task3_Training_Input" / "ISIC_1.jpg")
    place = root / "ISIC2018_Task3_Training_GroundTruth" / "ISIC_2018_Training_GroundTruth.csv"
    public.table(place, "image,MEL,NV,BCC,AKIEC,BKL,DF,VASC", "ISIC_1,0.0,0.0,1.0,0.0,0.0,0.0,0.0")
    found = ham10000.load(root)
    assert found.classes[found.samples[0].label] == "bcc"


def test_cub_keeps_the_authors_split_and_the_visible_parts(made, tmp_path):
    samples, found = made("cub")
    first, second = list(samples.values())[:2]
    assert found.classes == ("Black_footed_Albatross", "Laysan_Albatross")
    assert [p.name for p in first.parts] == ["back", "left eye"]
    assert [p.name for p in second.parts] == ["back"]
    assert (first.parts[0].x, first.parts[0].y) == (10.0, 12.5)
    assert [s.official_split for s in samples.values()] == ["train", "test", "train", "test"]
    assert first.mask().sum() == 20 * 30 and second.mask is None
    with pytest.raises(ReadableError, match="at least two classes"):
        opened("cub", tmp_path / "set", first_classes=1)


def test_the_authors_split_can_be_left_out(tmp_path):
    found = opened("cub", public.cub(tmp_path / "set"), split="patient")
    assert {s.official_split for s in found.samples} == {""}
    assert len(found.samples) == 4 and found.samples[0].mask is not None


def test_cars_reads_its_matlab_tables(made):
    samples, found = made("cars")
    assert found.classes[1] == "Acura RL Sedan 2012"
    assert samples["test-00002"].official_split == "test" and samples["test-00002"].label == 1
    assert samples["train-00001"].boxes == (Box(3, 4, 30, 40, "car"),)


def test_elpv_counts_a_cell_as_defective_from_one_half_on(made):
    samples, _ = made("elpv")
    assert [s.label for s in samples.values()] == [0, 0, 1, 1]
    assert [s.view for s in samples.values()] == ["mono", "mono", "poly", "poly"]


def test_elpv_without_its_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(elpv.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ReadableError, match="pip install elpv-dataset"):
        open_dataset(load_recipe("elpv"), None)


def test_medmnist_has_the_authors_three_splits_and_refuses_pickled_arrays(made, tmp_path):
    samples, found = made("medmnist")
    splits = [s.official_split for s in samples.values()]
    assert [splits.count(s) for s in ("train", "validation", "test")] == [6, 2, 3]
    assert (found.name, found.classes) == ("breastmnist", ("malignant", "normal, benign"))
    arrays = dict(np.load(tmp_path / "set" / "breastmnist.npz"))
    assert (samples["test-000001"].load().pixels == arrays["test_images"][1]).all()
    arrays["train_images"] = np.array([{"not": "pixels"}], dtype=object)
    np.savez(tmp_path / "set" / "breastmnist.npz", **arrays)
    with pytest.raises(ReadableError, match="cannot be read"):
        opened("medmnist", tmp_path / "set")


def test_a_site_names_its_own_columns(made, tmp_path):
    samples, found = made("dicom_csv", negative_class="normal")
    assert found.classes == ("fracture", "normal")
    one, two, three = samples.values()
    assert one.patient_id == two.patient_id == "S1" and (one.sex, one.age) == ("F", 44)
    assert (three.official_split, three.age, three.view) == ("test", None, "PA")
    (tmp_path / "set" / "b" / "1.dcm").unlink()
    with pytest.raises(ReadableError, match=r"no file b/1\.dcm"):
        opened("dicom_csv", tmp_path / "set")


def test_medmnist_with_a_column_for_each_class_has_any_number_of_them(tmp_path):
    root = public.medmnist(tmp_path / "set")
    arrays = dict(np.load(root / "breastmnist.npz"))
    (root / "breastmnist.npz").unlink()
    for part in ("train", "val", "test"):
        labels = np.zeros((len(arrays[f"{part}_images"]), 14), dtype=np.uint8)
        labels[0, [0, 13]] = 1
        arrays[f"{part}_labels"] = labels
    np.savez(root / "chestmnist.npz", **arrays)
    found = opened("medmnist", root)
    assert found.multi_label and found.negative_class is None
    assert (found.classes[0], found.classes[13]) == ("atelectasis", "hernia")
    assert [s.labels for s in found.samples[:2]] == [(0, 13), ()]


def test_nih_learns_the_findings_of_its_reports_together(tmp_path):
    root = replicas.nih(tmp_path / "nih", patients=4)
    found = opened("nih", root, multi_label=True)
    assert found.classes == ("Infiltration", "Pneumonia")
    assert {s.labels for s in found.samples} == {(0, 1), ()}
    with pytest.raises(ReadableError, match="no finding 'Hernia'"):
        opened("nih", root, multi_label=True, finding="Hernia,Pneumonia")
    with pytest.raises(ReadableError, match="two or more"):
        opened("nih", root, multi_label=True, finding="Pneumonia")


def test_chexpert_learns_several_findings_and_leaves_out_what_is_uncertain_in_any(tmp_path):
    root = public.chexpert(tmp_path / "set")
    for table in root.glob("*.csv"):
        table.write_text(table.read_text().replace("No Finding", "Edema"))
    found = opened("chexpert", root, multi_label=True, finding="Edema,Pleural Effusion")
    assert found.classes == ("Edema", "Pleural Effusion")
    assert [s.labels for s in found.samples] == [(1,), (0,), ()]


def test_vindr_keeps_every_image_with_what_most_readers_name(tmp_path):
    root = public.vindr(tmp_path / "set")
    for table in (root / "annotations").glob("image_labels_*.csv"):
        head, *rows = table.read_text().splitlines()
        lines = [head.replace("No finding", "Mass,No finding")]
        lines += [f"{r.rpartition(',')[0]},{int('c,' in r)},{r.rpartition(',')[2]}" for r in rows]
        table.write_text("\n".join(lines) + "\n")
    found = opened("vindr", root, multi_label=True)
    assert found.classes == ("Cardiomegaly", "Mass")
    assert {s.sample_id: s.labels for s in found.samples} == {
        "a": (0,),
        "b": (),
        "c": (1,),
        "d": (0,),
    }
    assert len(found.samples[0].boxes) == 1


def test_a_site_may_name_several_findings_of_an_image(tmp_path):
    root = public.dicom_csv(tmp_path / "set")
    reads = root / "reads.csv"
    reads.write_text(
        reads.read_text().replace("fracture", "fracture|implant").replace("normal", "")
    )
    found = opened("dicom_csv", root, multi_label=True)
    assert found.classes == ("fracture", "implant")
    assert [s.labels for s in found.samples] == [(), (0, 1), ()]


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
