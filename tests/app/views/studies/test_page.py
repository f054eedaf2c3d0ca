"""A study from the form to the export, as its lead, a reader and the adjudicator see it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from app.domain.actors import Actor
from app.domain.studies.study import Study
from app.services.studies import adjudicating, managing, outcomes, reading
from app.services.workplace import Workplace
from tests.app.services.studies.blind_walk import LABEL, PlantedPool
from tests.app.services.workplaces import CLASSES
from tests.app.views.conftest import FullPool
from tests.app.views.screen import Screen
from tests.app.views.studies.conftest import ANN, BEN, CHO, LEA, read

Look = Callable[[Actor], Screen]
Made = Callable[..., Study]


def fill_people(page: Screen, readers: list[str], adjudicators: list[str]) -> None:
    for label, names in (("Readers", readers), ("Adjudicators", adjudicators)):
        next(m for m in page.app.multiselect if m.label == label).set_value(names)
    page.run()


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts of those who take part; here there is no sign-in."""
    names = (("ann", "ben", "cho", "lea"), ("cho", "lea"))
    monkeypatch.setattr(managing, "candidates", lambda workplace: names)


def test_without_a_study_the_page_says_what_one_is(look: Look) -> None:
    assert "several readers read the same cases" in look(ANN).text
    assert not look(ANN).buttons("Create")


@pytest.mark.usefixtures("people")
def test_a_lead_creates_a_study_by_the_form_and_opens_it(
    look: Look, workplace: Workplace, cases: list[str]
) -> None:
    page = look(LEA)
    page.write("Name of the study", "Chest").choose("How a case is read", "Alone, without the AI")
    assert "2 cases of this model" in page.text
    fill_people(page, ["ann"], [])
    page.press("Create")
    (made,) = managing.studies(workplace.of(LEA))
    assert (made.name, made.cases, made.readers, made.state) == ("Chest", 2, ("ann",), "draft")
    assert made.protocol.labels == CLASSES and made.protocol.arms == ("alone",)
    assert "draft · 2 cases · 1 reader · alone, without the AI" in page.text
    page.press("Open for reading")
    assert "none is named" in " ".join(page.errors)
    drafts = [m for m in page.app.multiselect if m.key == f"study-adjudicators-{made.study_id}"]
    drafts[0].set_value(["cho"])
    page.run().press("Open for reading")
    opened = managing.study(workplace.of(LEA), made.study_id)
    assert (opened.state, opened.adjudicators) == ("open", ("cho",))


@pytest.mark.usefixtures("people")
def test_a_protocol_is_written_as_json_and_what_is_wrong_is_said(
    look: Look, workplace: Workplace, cases: list[str]
) -> None:
    page = look(LEA).write("Name of the study", "X").choose("Protocol", "JSON")
    usual = next(t for t in page.app.text_area if t.label == "Protocol as JSON").value
    page.write("Protocol as JSON", "{\n")
    assert "wrong in line 2" in " ".join(page.errors)
    question = {"code": "seen", "text": "Seen?", "options": ["yes", "no"]}
    page.write("Protocol as JSON", json.dumps(json.loads(usual) | {"questions": [question]}))
    page.press("Create")
    (made,) = managing.studies(workplace.of(LEA))
    assert made.protocol.questions[0].code == "seen"


def test_a_draft_is_discarded_after_a_second_thought(
    look: Look, workplace: Workplace, study: Made
) -> None:
    opened = study()
    lead = workplace.of(LEA)
    draft = managing.create(lead, name="Second", protocol=opened.protocol)
    page = look(LEA)
    page.press("Second")
    assert page.buttons("Discard")[0].disabled
    page.app.checkbox(key=f"sure-discard-{draft.study_id}").check()
    page.run().press("Discard")
    assert [one.name for one in managing.studies(lead)] == ["*First* study"]


def test_a_reader_sees_how_far_they_are_and_a_link_to_the_next(
    look: Look, workplace: Workplace, study: Made, cases: list[str]
) -> None:
    opened = study()
    page = look(ANN)
    assert page.app.get("progress")[0].proto.text == "You have read 0 of 2"
    (link,) = page.app.get("page_link")
    assert link.proto.query_string == f"study={opened.study_id}"
    for case_id in cases:
        read(workplace, ANN, opened, case_id, "none")
    page.run()
    assert page.app.get("progress")[0].proto.text == "You have read 2 of 2"
    assert not page.app.get("page_link") and "Progress" not in page.text


def test_an_adjudicator_decides_what_waits(
    look: Look, workplace: Workplace, study: Made, cases: list[str]
) -> None:
    opened = study()
    page = look(CHO)
    assert "No case waits" in page.text
    read(workplace, ANN, opened, cases[0], "none")
    read(workplace, BEN, opened, cases[0], "finding")
    page.run()
    assert "1 case wait" in page.text and "Reader 2: **finding**, confidence 4" in page.text
    page.choose("Label", "finding").choose("Confidence", 3).write("Remark", "seen").press("Decide")
    assert "No case waits" in page.text
    with workplace.store.read() as tx:
        (decided,) = tx.reads.adjudications(opened.study_id)
    assert (decided.label, decided.confidence, decided.text) == ("finding", 3, "seen")
    assert adjudicating.cases_to_decide(workplace.of(CHO), opened.study_id) == ()


def test_a_lead_watches_reads_results_gives_a_reference_and_closes(
    look: Look, workplace: Workplace, study: Made, cases: list[str]
) -> None:
    opened = study("sequential")
    for who in (ANN, BEN):
        for case_id, label in zip(cases, CLASSES, strict=True):
            read(workplace, who, opened, case_id, label)
    page = look(LEA)
    (progress,) = [frame.value for frame in page.app.dataframe]
    assert progress["Done"].tolist() == [2, 2]
    assert progress["Median time (s)"].tolist() == [30.0, 30.0]
    page.write("Table", f"case,label\n{cases[0]},other\n").press("Use this table")
    assert "none of the labels" in " ".join(page.errors)
    page.write("Table", f"case,label\n{cases[0]},none\n").press("Use this table")
    assert outcomes.study_results(workplace.of(LEA), opened.study_id).truth["reference"] == 1
    page.app.toggle(key=f"results-{opened.study_id}").set_value(True)
    page.run()
    assert "What the model's answer did" in page.text
    assert len(page.app.dataframe) == 6
    labels = {link.proto.label for link in page.app.get("link_button")}
    assert {"Everything (ZIP)", "For iMRMC (CSV)"} <= labels
    page.app.checkbox(key=f"sure-close-{opened.study_id}").check()
    page.run().press("Close")
    assert managing.study(workplace.of(LEA), opened.study_id).state == "closed"
    assert "closed · 2 cases" in page.text


class PlantedFullPool(PlantedPool, FullPool):
    """Says what stands nowhere else, with every figure."""

    def __init__(self) -> None:
        FullPool.__init__(self)
        self.most = 100


@pytest.fixture
def pool() -> FullPool:
    return PlantedFullPool()


def test_no_page_shows_a_blind_reader_anything_of_the_answer(
    look: Look, workplace: Workplace, study: Made, cases: list[str], screen: Screen
) -> None:
    opened = study("sequential")

    def shown(page: str, case_id: str = "") -> bool:
        look(ANN)
        screen.app.query_params.clear()
        if case_id:
            screen.app.query_params["case"] = case_id
        said = [str(node.proto) for node in screen.open(page).app.main if hasattr(node, "proto")]
        return any(LABEL in one for one in said)

    places = [("review", ""), ("review", cases[0]), ("batch", ""), ("annotations", "")]
    places += [("studies", ""), ("model", "")]
    assert not [place for place in places if shown(*place)]
    for case_id in cases:
        place = workplace.of(ANN)
        reading.lock(
            place,
            case_id,
            study=opened.study_id,
            label="none",
            confidence=4,
            active_seconds=1.0,
        )
    # A case is the room's, which asks for it by itself.
    assert [place for place in places if shown(*place)] == [("review", "")]
