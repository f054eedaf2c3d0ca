from tests.training.datasets import public
from tests.training.datasets.public import opened
from training.datasets.samples import Box


def test_vindr_goes_by_most_readers_and_leaves_other_findings_out(made):
    samples, dataset = made("vindr")
    assert dataset.classes == ("no finding", "cardiomegaly")
    assert {k: (s.label, s.official_split) for k, s in samples.items()} == {
        "a": (1, "train"),
        "b": (0, "train"),
        "d": (1, "test"),
    }
    assert samples["a"].boxes == (Box(10.5, 20.0, 20.0, 20.0, "Cardiomegaly"),)


def test_vindr_keeps_every_image_with_what_most_readers_name(tmp_path):
    root = public.vindr(tmp_path / "set")
    for table in (root / "annotations").glob("image_labels_*.csv"):
        head, *rows = table.read_text().splitlines()
        lines = [head.replace("No finding", "Mass,No finding")]
        lines += [f"{r.rpartition(',')[0]},{int('c,' in r)},{r.rpartition(',')[2]}" for r in rows]
        table.write_text("\n".join(lines) + "\n")
    dataset = opened("vindr", root, multi_label=True)
    assert dataset.classes == ("Cardiomegaly", "Mass")
    assert {s.sample_id: s.labels for s in dataset.samples} == {
        "a": (0,),
        "b": (),
        "c": (1,),
        "d": (0,),
    }
    assert len(dataset.samples[0].boxes) == 1
