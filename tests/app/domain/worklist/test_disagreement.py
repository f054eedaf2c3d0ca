"""Who does not agree with whom, from the signatures of a case."""

from app.domain.worklist.disagreement import Signed, disagreement


def signed(reader: str, verdict: str, corrected: str | None = None, frame: int = 0) -> Signed:
    return Signed(frame, "m", reader, verdict, corrected, 3)


def test_the_last_signature_decides_whether_the_model_was_right() -> None:
    assert disagreement([]) is None
    assert disagreement([signed("A", "reject"), signed("A", "accept")]) is None
    assert disagreement([signed("A", "accept"), signed("A", "reject")]) == "model"
    assert disagreement([signed("A", "wrongly refused")]) == "model"
    assert disagreement([signed("A", "supplement"), signed("B", "accept")]) is None


def test_two_readers_disagree_by_verdict_or_by_label() -> None:
    assert disagreement([signed("A", "reject"), signed("B", "accept")]) == "readers"
    labels = [signed("A", "reject", "mass"), signed("B", "reject", "nodule")]
    assert disagreement(labels) == "readers"
    assert disagreement([*labels, signed("A", "reject", "nodule")]) == "model"


def test_what_is_said_of_another_frame_contradicts_nobody() -> None:
    assert disagreement([signed("A", "reject"), signed("B", "accept", frame=1)]) is None
