import pytest

from dprotonet.errors import ReadableError
from tests.training.datasets import public
from tests.training.datasets.public import opened


def test_a_site_names_its_own_columns(made, tmp_path):
    samples, dataset = made("dicom_csv", negative_class="normal")
    assert dataset.classes == ("fracture", "normal")
    one, two, three = samples.values()
    assert one.patient_id == two.patient_id == "S1" and (one.sex, one.age) == ("F", 44)
    assert (three.official_split, three.age, three.view) == ("test", None, "PA")
    (tmp_path / "set" / "b" / "1.dcm").unlink()
    with pytest.raises(ReadableError, match=r"no file b/1\.dcm"):
        opened("dicom_csv", tmp_path / "set")


def test_a_site_may_name_several_findings_of_an_image(tmp_path):
    root = public.dicom_csv(tmp_path / "set")
    reads = root / "reads.csv"
    reads.write_text(
        reads.read_text().replace("fracture", "fracture|implant").replace("normal", "")
    )
    dataset = opened("dicom_csv", root, multi_label=True)
    assert dataset.classes == ("fracture", "implant")
    assert [s.labels for s in dataset.samples] == [(), (0, 1), ()]
