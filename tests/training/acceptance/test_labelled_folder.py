from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from dprotonet.bundle.bundle import Bundle
from dprotonet.errors import ReadableError
from training.acceptance.labelled_folder import FolderOptions, open_labelled

TABLE = FolderOptions(table="labels.csv", label_column="finding", patient_column="patient_id")


def counts(bundle: Bundle, folder: Path, options: FolderOptions) -> Counter[str]:
    samples = open_labelled(folder, bundle, options).samples
    return Counter(bundle.classes[sample.label] for sample in samples)


def test_a_folder_of_classes_and_a_table_give_the_same_labels(
    bundle: Bundle, exported: Path, by_class: Path
) -> None:
    expected = {"none": 4, "effusion": 4, "consolidation": 3, "nodule": 1}
    assert counts(bundle, by_class, FolderOptions()) == expected
    assert counts(bundle, exported, TABLE) == expected


def test_only_a_table_knows_patients(bundle: Bundle, exported: Path, by_class: Path) -> None:
    assert open_labelled(exported, bundle, TABLE).knows_patients
    alone = open_labelled(by_class, bundle, FolderOptions())
    assert not alone.knows_patients
    assert len({sample.patient_id for sample in alone.samples}) == 12


def test_a_class_that_the_model_does_not_know_is_named_with_the_way_to_map_it(
    bundle: Bundle, by_class: Path
) -> None:
    (by_class / "none").rename(by_class / "healthy")
    with pytest.raises(ReadableError, match=r"has the class 'healthy'.*It knows: none, .*--map"):
        open_labelled(by_class, bundle, FolderOptions())
    mapped = FolderOptions(names={"healthy": "none"})
    assert counts(bundle, by_class, mapped)["none"] == 4


def test_a_class_in_other_capitals_is_known(bundle: Bundle, by_class: Path) -> None:
    (by_class / "effusion").rename(by_class / "Effusion")
    assert counts(bundle, by_class, FolderOptions())["effusion"] == 4


def test_a_class_may_be_left_out_and_its_images_are_counted(bundle: Bundle, by_class: Path) -> None:
    options = FolderOptions(names={"nodule": ""})
    assert "nodule" not in counts(bundle, by_class, options)
    assert open_labelled(by_class, bundle, options).unmapped == 1


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ({"healthy": "none"}, "--map names 'healthy', which is no class of the folder"),
        ({"none": "well"}, "the class 'well', which tiny does not know"),
    ],
)
def test_a_mapping_that_names_nothing_is_refused(
    bundle: Bundle, by_class: Path, names: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ReadableError, match=sentence):
        open_labelled(by_class, bundle, FolderOptions(names=names))


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_that_leads_out_of_the_folder_is_left_out(
    bundle: Bundle, by_class: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.dcm"
    secret.write_bytes(next((by_class / "none").iterdir()).read_bytes())
    (by_class / "none" / "link.dcm").symlink_to(secret)
    listed = open_labelled(by_class, bundle, FolderOptions())
    assert listed.outside == 1
    assert len(listed.samples) == 12
