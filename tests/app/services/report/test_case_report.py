"""The report of one image says all that was said of it, and nothing of a refused one."""

from __future__ import annotations

import pytest

from app.domain.actors import Actor
from app.domain.annotations import PrototypeJudgement
from app.domain.errors import Forbidden, NotFound
from app.domain.noun import IMAGE
from app.domain.text import RESEARCH_ONLY
from app.services import explanations, review
from app.services.inference import queue
from app.services.report import case_report, words
from app.services.studies import blinding
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.report.reading import drawn, pages, text_of
from tests.app.services.workplaces import FakePool, by_brightness, dicom, png

TEXT = "Läsion <b>links</b> & 漢字 \U0001f600\x07\nline two"


@pytest.fixture
def case_id(workplace: Workplace, pool: FakePool) -> str:
    taken = intake.add(workplace, png(1, level=200), name="a <i>ä.png")
    queue.run_pending(workplace, pool)
    return str(taken.case_id)


def sign(workplace: Workplace, case_id: str, revision: int, **more: object) -> None:
    named = {"verdict": "supplement", "confidence": 4, "text": TEXT, **more}
    review.sign(workplace, case_id, expected_revision=revision, **named)  # type: ignore[arg-type]


def test_it_says_what_was_predicted_signed_and_judged_with_all_hashes(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    explanations.request(workplace, case_id, node="class:finding")
    queue.run_pending(workplace, pool)
    judged = {"p01": PrototypeJudgement(similar=False, usefulness="artefact", artefact="text")}
    sign(workplace, case_id, 0, prototype_judgements=judged)
    sign(workplace, case_id, 1, text="", corrected_label="device", confidence=2)
    text = text_of(case_report.of_case(workplace, case_id))
    sheet = review.open_case(workplace, case_id)
    assert "above the 50 % call: called." in text and "a <i>ä.png" in text
    assert "Affects the model's output: hiding the marked 20 % gives 0.30" in text
    assert "75 % of it inside the body." in text
    assert "Confidence 2" in text and "Label: device" in text
    assert "Läsion <b>links</b> &" in text and "line two" in text
    assert "p01: not similar, artefact (text)" in text and "Signed by Reader One" in text
    last = sheet.revisions[-1]
    for known in (sheet.case.file_sha256, sheet.case.pixel_sha256, sheet.model, last.audit_hash):
        assert str(known) in text
    assert sheet.model_name in text


def test_every_page_says_that_it_is_for_research(workplace: Workplace, case_id: str) -> None:
    for revision in range(3):
        sign(workplace, case_id, revision, text="a long text " * 300)
    found = pages(case_report.of_case(workplace, case_id))
    assert len(found) > 1 and all(RESEARCH_ONLY in page for page in found)
    assert f"Page 1 of {len(found)}" in found[0]


def test_the_same_revision_gives_the_same_bytes_and_each_export_is_recorded(
    workplace: Workplace, case_id: str
) -> None:
    sign(workplace, case_id, 0)
    made = [case_report.of_case(workplace, case_id) for _ in range(2)]
    assert made[0] == made[1]
    sign(workplace, case_id, 1)
    assert case_report.of_case(workplace, case_id) != made[0]
    with workplace.store.read() as tx:
        entries = list(tx.audit.entries())
    exported = [entry for entry in entries if entry.action == "report exported"]
    assert [entry.subject for entry in exported] == [case_id] * 3
    assert exported[0].content == exported[1].content != exported[2].content


def test_a_refused_image_has_no_label_no_figure_and_no_heatmap(
    workplace: Workplace, pool: FakePool
) -> None:
    pool.gate = by_brightness
    case_id = str(intake.add(workplace, png(1, level=0), name="dark.png").case_id)
    queue.run_pending(workplace, pool)
    text = text_of(case_report.of_case(workplace, case_id))
    assert "unlike what the model was trained on: no figure is shown." in text
    assert "Distance 4.50, its limit is 1.75." in text
    for word in ("finding", "Heatmap", "imilar", "call", "p01", "%"):
        assert word not in text


def test_the_heatmap_of_another_node_is_shown_on_request(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    for node in ("class:finding", "prototype:p01"):
        explanations.request(workplace, case_id, node=node)
    queue.run_pending(workplace, pool)
    own = case_report.of_case(workplace, case_id, map_id="prototype:p01")
    assert "Heatmap: Prototype p01" in text_of(own)
    other = case_report.of_case(workplace, case_id, map_id="class:none")
    assert IMAGE.say(words.NO_HEATMAP) in text_of(other)


def test_image_and_heatmap_stand_side_by_side(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    explanations.request(workplace, case_id, node="class:finding")
    queue.run_pending(workplace, pool)
    page = drawn(case_report.of_case(workplace, case_id)).astype(int)
    colour = page.max(axis=2) - page.min(axis=2) > 40
    middle = page.shape[1] // 2
    assert not colour[100:300, :middle].any() and colour[100:300, middle:].any()


def test_an_unread_frame_of_a_file_has_a_report_too(workplace: Workplace, pool: FakePool) -> None:
    case_id = str(intake.add(workplace, dicom(3, frames=2), name="b.dcm").case_id)
    queue.run_pending(workplace, pool)
    text = text_of(case_report.of_case(workplace, case_id, frame=1))
    assert "frame 2 of 2" in text and IMAGE.say(words.NO_PREDICTION) in text
    assert "Nobody has signed a verdict" in text
    with pytest.raises(NotFound):
        case_report.of_case(workplace, case_id, frame=2)


def test_a_reader_without_the_permission_gets_none(workplace: Workplace, case_id: str) -> None:
    reader = workplace.of(Actor("Ben", "reader", frozenset({"reader"})))
    with pytest.raises(Forbidden):
        case_report.of_case(reader, case_id)


def test_before_their_own_read_a_person_gets_none(workplace: Workplace, case_id: str) -> None:
    blinding.set_reads_first(workplace, True)
    with pytest.raises(Forbidden, match="Your own read of this case comes first"):
        case_report.of_case(workplace, case_id)
