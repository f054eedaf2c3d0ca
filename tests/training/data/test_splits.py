from collections import Counter

import pytest

from dprotonet.errors import ReadableError
from tests.training import replicas
from training.data.splits import by_split, check_split, fold_split_of, split_of
from training.datasets import folder
from training.datasets.samples import Sample


def test_known_answers_of_the_split():
    known = {
        "1": "train",
        "2": "train",
        "3": "train",
        "4": "train",
        "5": "train",
        "6": "test",
        "7": "train",
        "61": "validation",
        "165": "train",
        "13993": "train",
    }
    assert {patient: split_of(patient) for patient in known} == known


def test_fold_zero_is_the_split_and_every_patient_is_tested_once():
    patients = [str(i) for i in range(400)]
    for patient in patients:
        assert fold_split_of(patient, fold=0, folds=5) == split_of(patient)
        tested = Counter(fold_split_of(patient, fold=f, folds=5) for f in range(5))
        assert tested["test"] == 1
        assert tested["train"] + tested["validation"] == 4


def test_no_patient_stands_on_two_sides():
    samples = [Sample(f"{p}-{v}", None, str(p), p % 2) for p in range(60) for v in range(3)]
    parts = by_split(samples)
    people = {split: {s.patient_id for s in members} for split, members in parts.items()}
    assert not people["train"] & people["test"]
    assert not people["train"] & people["validation"]
    assert not people["validation"] & people["test"]
    assert sum(len(members) for members in parts.values()) == len(samples)


def test_an_empty_part_and_a_missing_class_are_refused():
    few = [Sample("a", None, "1", 0)]
    with pytest.raises(ReadableError, match="split is empty"):
        check_split(by_split(few), ("x", "y"))
    many = [Sample(str(p), None, str(p), 0) for p in range(80)]
    with pytest.raises(ReadableError, match="'y'"):
        check_split(by_split(many), ("x", "y"))


def test_a_fold_that_does_not_exist_is_a_programming_error():
    with pytest.raises(ValueError, match="fold 5 of 5"):
        fold_split_of("1", fold=5, folds=5)


def test_the_authors_split_is_kept_and_their_training_patients_validate():
    samples = [Sample(f"t{i}", None, f"p{i}", 0, official_split="train") for i in range(200)]
    samples += [Sample("x", None, "p-x", 0, official_split="test")]
    parts = by_split(samples)
    assert [s.sample_id for s in parts["test"]] == ["x"]
    assert 5 < len(parts["validation"]) < 40
    validating = [Sample("v", None, "p-v", 0, official_split="validation")]
    parts = by_split([*samples, *validating])
    assert parts["validation"] == tuple(validating) and len(parts["train"]) == 200


def test_folds_split_a_set_again_whatever_its_authors_say():
    samples = [Sample(f"t{i}", None, f"p{i}", 0, official_split="train") for i in range(200)]
    parts = by_split(samples, split_of)
    assert 20 < len(parts["test"]) < 60


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_a_small_class_is_on_every_side_from_three_patients_on(count):
    for attempt in range(20):
        samples = [Sample(f"{attempt}-a{i}", None, f"{attempt}-a{i}", 0) for i in range(60)]
        few = [Sample(f"{attempt}-b{i}", None, f"{attempt}-b{i}", 1) for i in range(count)]
        parts = by_split(samples + few)
        assert by_split(few[::-1] + samples[::-1])["test"] == parts["test"][::-1]
        sides = [any(s.label == 1 for s in part) for part in parts.values()]
        assert all(sides) == (count >= 3)
        if count == 1:
            with pytest.raises(ReadableError, match=r"'b'.* 1 image\(s\) of 1 patient"):
                check_split(parts, ("a", "b"))
        if count >= 3:
            assert any("'b' has few patients" in one for one in check_split(parts, ("a", "b")))


def test_a_patient_of_two_classes_stays_on_one_side_when_one_is_moved():
    for attempt in range(20):
        samples = [
            Sample(f"{attempt}-{i}-{k}", None, f"{attempt}-p{i}", k)
            for i in range(4)
            for k in range(2)
        ]
        parts = by_split(samples)
        people = [{s.patient_id for s in part} for part in parts.values()]
        assert sum(map(len, people)) == 4 and all(people)
        assert all({s.label for s in part} == {0, 1} for part in parts.values())


def test_a_class_of_which_little_can_be_said_is_warned_of(tmp_path, caplog):
    root = replicas.classes(tmp_path / "set", each=14)
    dataset = folder.load(root)
    warnings = check_split(by_split(dataset.samples), dataset.classes)
    assert len(warnings) == 3 and all("says little" in one for one in warnings)
