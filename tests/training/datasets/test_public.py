"""Every public layout, in a replica of a few images."""

import csv

import pytest

from dprotonet.errors import ReadableError
from tests.training.datasets.public import REPLICAS, opened


@pytest.mark.parametrize("kind", REPLICAS)
def test_every_image_of_a_replica_can_be_read_and_has_a_patient(made, kind):
    samples, _ = made(kind)
    for sample in samples.values():
        assert min(sample.load().shape) >= 28
        assert sample.patient_id


@pytest.mark.parametrize("kind", REPLICAS)
def test_a_folder_that_is_not_there_is_said_with_what_was_expected(kind, tmp_path):
    with pytest.raises(ReadableError, match=r"nowhere.*Expected|Expected.*nowhere"):
        opened(kind, tmp_path / "nowhere")


@pytest.mark.parametrize("kind", [k for k in REPLICAS if k not in ("palm", "medmnist", "cars")])
def test_a_table_that_is_not_there_is_named(kind, tmp_path):
    root = REPLICAS[kind](tmp_path / "set")
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
    root = REPLICAS[kind](tmp_path / "set")
    with (root / name).open(newline="") as file:
        rows = list(csv.reader(file))
    rows[0][rows[0].index(column)] = "something else"
    with (root / name).open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    with pytest.raises(ReadableError, match=f"has no column '{column}'. Expected the columns"):
        opened(kind, root)


@pytest.mark.parametrize("kind", ["palm", "medmnist", "cars"])
def test_a_set_without_its_files_is_refused_with_what_was_expected(kind, tmp_path):
    root = REPLICAS[kind](tmp_path / "set")
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix in (".jpg", ".npz", ".mat"):
            path.unlink()
    with pytest.raises(ReadableError, match="Expected"):
        opened(kind, root)
