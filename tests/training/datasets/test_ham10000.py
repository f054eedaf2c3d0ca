from tests.training.datasets import public
from training.datasets import ham10000


def test_ham10000_keeps_a_lesion_together_in_seven_classes_or_two(made, tmp_path):
    samples, dataset = made("ham10000")
    one, two, three = samples.values()
    assert one.patient_id == two.patient_id != three.patient_id
    assert dataset.classes[one.label] == "nv" and dataset.classes[three.label] == "mel"
    assert (one.sex, one.age, three.sex, three.age) == ("M", 45, "", None)
    assert three.mask().sum() == 400 and one.mask is None
    assert dict(one.concepts) == {"back": True, "face": False}
    grouped = ham10000.load(tmp_path / "set", malignant=True)
    assert (grouped.classes, grouped.negative_class) == (("benign", "malignant"), "benign")
    assert [s.label for s in grouped.samples] == [0, 0, 1]


def test_isic_reads_its_one_hot_table(tmp_path):
    root = tmp_path / "isic"
    public.photograph(root / "ISIC2018_Task3_Training_Input" / "ISIC_1.jpg")
    path = root / "ISIC2018_Task3_Training_GroundTruth" / "ISIC_2018_Training_GroundTruth.csv"
    public.table(path, "image,MEL,NV,BCC,AKIEC,BKL,DF,VASC", "ISIC_1,0.0,0.0,1.0,0.0,0.0,0.0,0.0")
    dataset = ham10000.load(root)
    assert dataset.classes[dataset.samples[0].label] == "bcc"


def test_where_a_lesion_is_counts_neither_way_where_the_table_does_not_say(tmp_path):
    root = public.ham10000(tmp_path / "set")
    table = root / "HAM10000_metadata.csv"
    table.write_text(table.read_text().replace("unknown,face", "unknown,unknown"))
    concepts = {s.sample_id: dict(s.concepts) for s in ham10000.load(root).samples}
    assert concepts == {
        "ISIC_0000001": {"back": True},
        "ISIC_0000002": {"back": True},
        "ISIC_0000003": {},
    }
